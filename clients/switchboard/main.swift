import Glibc

if CommandLine.arguments.count > 1, CommandLine.arguments[1] == "dev" {
    DevCommand.run(Array(CommandLine.arguments.dropFirst(2)))
}
exit(2)
