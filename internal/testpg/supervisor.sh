# The keeper of one test server: sh -c "$this" supervisor BINDIR DIR
#
# Reads commands on standard input and answers each with one line, its exit code.
# When standard input ends, because the test process closed it or died, the
# server is stopped and its directory removed.
bin=$1
dir=$2
cd "$dir" || exit 1

pg_ctl() {
	"$bin/pg_ctl" --pgdata="$dir/data" --silent --wait --timeout=300 "$@" </dev/null >>"$dir/supervisor.log" 2>&1
}

finish() {
	trap - EXIT
	pg_ctl --mode=immediate stop
	cd /
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

while read -r command argument; do
	case $command in
	init)
		"$bin/initdb" --pgdata="$dir/data" --username=postgres --pwfile="$dir/password" --encoding=UTF8 --locale=C \
			--auth-local=trust --auth-host=scram-sha-256 --no-sync --no-instructions \
			</dev/null >>"$dir/supervisor.log" 2>&1 && rm "$dir/password"
		;;
	start) pg_ctl --log="$dir/server.log" start ;;
	# No file of the server can grow over so many blocks of 512 bytes.
	limited) (ulimit -f "$argument" && pg_ctl --log="$dir/server.log" start) ;;
	stop) pg_ctl --mode="$argument" stop ;;
	*) false ;;
	esac
	echo $?
done
