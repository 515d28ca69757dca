--- create a trigger and fire it
CREATE TRIGGER t AFTER INSERT ON vacant FOR EACH ROW EXECUTE FUNCTION audit_row();
INSERT INTO vacant VALUES (1, 'x');
--- create a trigger and do not fire it
CREATE TRIGGER t AFTER INSERT ON vacant FOR EACH ROW EXECUTE FUNCTION audit_row();
--- create a statement trigger and fire it
CREATE TRIGGER t AFTER UPDATE ON lonely FOR EACH STATEMENT EXECUTE FUNCTION audit_row();
UPDATE lonely SET n = 1;
--- create a trigger for a column and miss it
CREATE TRIGGER t AFTER UPDATE OF val ON lonely FOR EACH ROW EXECUTE FUNCTION audit_row();
UPDATE lonely SET n = 1;
--- create a trigger for a column and hit it
CREATE TRIGGER t AFTER UPDATE OF val ON lonely FOR EACH ROW EXECUTE FUNCTION audit_row();
UPDATE lonely SET val = 'q';
--- create a trigger with a transition table
CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO plain SELECT id, val FROM gone; RETURN NULL; END $$;
CREATE TRIGGER t AFTER DELETE ON lonely REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_old();
DELETE FROM lonely;
--- create a trigger that replaces the row
CREATE FUNCTION swap() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r lonely; BEGIN r := NEW; r.val := 'swapped'; r.big := 0; RETURN r; END $$;
CREATE TRIGGER t BEFORE UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION swap();
UPDATE lonely SET n = n + 1;
--- create a trigger that assigns by select into
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT 'filled' INTO NEW.val; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION fill();
UPDATE lonely SET n = n + 1;
--- create a trigger that sets the key
CREATE FUNCTION rekey() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := NEW.code || '!'; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON countries FOR EACH ROW EXECUTE FUNCTION rekey();
UPDATE countries SET label = 'x' WHERE code = 'de';
--- create a trigger that cancels
CREATE FUNCTION cancel() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER t BEFORE DELETE ON lonely FOR EACH ROW EXECUTE FUNCTION cancel();
DELETE FROM lonely;
--- disable a trigger
ALTER TABLE watched DISABLE TRIGGER watched_audit;
DELETE FROM watched;
--- disable all triggers
ALTER TABLE watched DISABLE TRIGGER USER;
DELETE FROM watched;
--- enable a trigger again
ALTER TABLE watched DISABLE TRIGGER watched_audit;
ALTER TABLE watched ENABLE TRIGGER watched_audit;
DELETE FROM watched;
--- drop a trigger
DROP TRIGGER watched_audit ON watched;
DELETE FROM watched;
--- rename a trigger and drop it
ALTER TRIGGER watched_audit ON watched RENAME TO wa;
DROP TRIGGER wa ON watched;
DELETE FROM watched;
--- trigger on a partitioned table
CREATE TRIGGER t AFTER INSERT ON measures FOR EACH ROW EXECUTE FUNCTION audit_row();
INSERT INTO measures VALUES (9, '2020-02-02', 1);
INSERT INTO measures_new VALUES (9, '2021-02-02', 1);
--- trigger of a new partition
CREATE TABLE sensors_3 PARTITION OF sensors FOR VALUES IN (3);
INSERT INTO sensors VALUES (3, 'c');
DELETE FROM sensors WHERE id = 3;
--- trigger fires a trigger
CREATE TRIGGER t AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION paired_write();
DELETE FROM watched;
--- constraint trigger
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON vacant DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_row();
INSERT INTO vacant VALUES (1, 'x');
--- trigger on a view
CREATE TRIGGER t INSTEAD OF DELETE ON lonely_view FOR EACH ROW EXECUTE FUNCTION audit_row();
DELETE FROM lonely_view;
--- trigger with when
CREATE TRIGGER t AFTER UPDATE ON lonely FOR EACH ROW WHEN (OLD.n IS DISTINCT FROM NEW.n) EXECUTE FUNCTION audit_row();
UPDATE lonely SET n = n + 1;
--- trigger tsvector
ALTER TABLE lonely ADD COLUMN s tsvector;
CREATE TRIGGER t BEFORE INSERT OR UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger('s', 'pg_catalog.english', 'val');
UPDATE lonely SET val = 'words';
--- trigger suppresses
CREATE TRIGGER t BEFORE UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
UPDATE lonely SET val = 'words';
--- rule also
CREATE RULE r AS ON INSERT TO vacant DO ALSO UPDATE lonely SET n = NEW.id WHERE id = 1;
INSERT INTO vacant VALUES (50, 'x');
--- rule instead
CREATE RULE r AS ON UPDATE TO lonely DO INSTEAD INSERT INTO plain VALUES (NEW.id, NEW.val);
UPDATE lonely SET val = 'q' WHERE id = 1;
--- rule with a condition
CREATE RULE r AS ON DELETE TO lonely WHERE OLD.id = 1 DO INSTEAD UPDATE plain SET b = 'kept' WHERE a = 1;
DELETE FROM lonely;
--- rule after a renaming
CREATE RULE r AS ON INSERT TO vacant DO ALSO DELETE FROM plain;
ALTER TABLE plain RENAME TO plainer;
INSERT INTO vacant VALUES (50, 'x');
--- rule dropped
DROP RULE guarded_keep ON guarded;
DELETE FROM guarded;
--- rule disabled
ALTER TABLE guarded DISABLE RULE guarded_keep;
DELETE FROM guarded;
--- rule on a view to two tables
CREATE RULE r AS ON DELETE TO totals DO INSTEAD (DELETE FROM plain WHERE a = 1; UPDATE lonely SET n = 0 WHERE id = 2);
DELETE FROM totals;
--- event trigger writes on definitions
--- admin: CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('ddl'); END $$; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION noted(); GRANT INSERT ON audit TO PUBLIC
CREATE TABLE fresh (a int);
--- create a trigger that has a procedure assign
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CALL filled(a => NEW.n); RETURN NEW; END $$;
CREATE PROCEDURE filled(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN a := 77; END $$;
CREATE TRIGGER t BEFORE UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION fill();
UPDATE lonely SET val = 'x';
--- create a trigger that assigns in a loop
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN FOREACH NEW.n IN ARRAY ARRAY[61] LOOP END LOOP; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION fill();
UPDATE lonely SET val = 'x';
--- create a trigger that fetches
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE c CURSOR FOR SELECT 56; BEGIN OPEN c; FETCH c INTO NEW.n; CLOSE c; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION fill();
UPDATE lonely SET val = 'x';
