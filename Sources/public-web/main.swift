import Program
import PublicWeb

ProgramMain.run(
    ProgramMain.schema(
        program: PublicWebProgram.service,
        summary: "public-web: holds WebSocket sessions, forwards their events, and pushes the answers back.",
        settings: PublicWebProgram.settings),
    service: PublicWebProgram.service, reloads: true, check: PublicWebProgram.check, start: PublicWebProgram.start)
