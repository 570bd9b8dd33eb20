import Dispatcher
import Program

ProgramMain.run(
    ProgramMain.schema(
        program: DispatcherProgram.service,
        summary: "dispatcher: routes events to services over AMQP, and their answers back to public-web.",
        settings: DispatcherProgram.settings),
    service: DispatcherProgram.service, reloads: true, check: DispatcherProgram.check, start: DispatcherProgram.start)
