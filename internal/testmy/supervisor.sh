# The keeper of one test server: sh -c "$this" supervisor PROGRAM DIR
#
# Makes a data directory for the product that it is told (init), or a copy of what another
# keeper made so and started nothing on (copy), starts and stops.
# Reads commands on standard input and answers each with one line, its exit code.
# When standard input ends, because the test process closed it or died, the
# server is killed and its directory removed.
bin=$1
dir=$2
pid=
cd "$dir" || exit 1

start() {
	: >"$dir/server.log"
	rm -f "$dir/socket"
	"$bin" --no-defaults $(cat "$dir/options") </dev/null >>"$dir/server.log" 2>&1 &
	pid=$!
	tries=0
	until grep -q 'ready for connections' "$dir/server.log" && [ -S "$dir/socket" ]; do
		kill -0 "$pid" 2>/dev/null || return 1
		tries=$((tries + 1))
		[ "$tries" -lt 3000 ] || return 1 # a busy machine takes its time
		sleep 0.1
	done
}

stop() {
	[ -n "$pid" ] || return 0
	kill "-$1" "$pid" 2>/dev/null
	wait "$pid"
	pid=
	return 0
}

finish() {
	trap - EXIT
	stop KILL 2>/dev/null
	cd /
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

while read -r command argument; do
	case "$command $argument" in
	"init MySQL"*)
		"$bin" --no-defaults --initialize-insecure --datadir="$dir/data" --innodb-flush-method=nosync \
			--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF --innodb-redo-log-capacity=48M --skip-log-bin ${argument#MySQL} </dev/null >>"$dir/supervisor.log" 2>&1
		;;
	"init MariaDB")
		# The one beside the server, if there is one, has the system tables of its version.
		PATH=$(dirname "$bin"):$PATH MYSQLD_BOOTSTRAP=$bin mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
			--datadir="$dir/data" --tmpdir="$dir" --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0 </dev/null >>"$dir/supervisor.log" 2>&1
		;;
	# Servers have identities of their own, which each makes when it lacks one.
	"copy "*) cp -R "$argument/data" "$dir/data" && rm -f "$dir/data/auto.cnf" ;;
	"start "*) start 2>>"$dir/supervisor.log" ;;
	"stop "*) stop "$argument" 2>>"$dir/supervisor.log" ;;
	*) false ;;
	esac
	echo $?
done
