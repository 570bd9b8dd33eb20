import Glibc

exit(SwitchboardCommand.run(Array(CommandLine.arguments.dropFirst())))
