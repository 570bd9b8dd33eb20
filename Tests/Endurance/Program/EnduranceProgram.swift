import Glibc

/// Load clients with a ledger, for what sessions promise. Prints one line of JSON; status 1 if a promise was broken.
@main enum EnduranceProgram {
    static func main() throws {
        var arguments = CommandLine.arguments.dropFirst()
        let mode = arguments.popFirst()
        let options = try Options(Array(arguments))
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        switch mode {
        case "cut": exit(try CutRun(options).run())
        case "drain": exit(try DrainRun(options).run())
        default:
            print("usage: endurance cut|drain --port N [--second-port N] [--sessions N] [--seconds S] [--rate R]")
            print("                           [--cut-seconds S] [--seed N]")
            exit(2)
        }
    }
}
