import EventListener
import PingListener

let crashSwitch = CrashSwitch()
EventListenerProgram.run(
    service: PingListener.service,
    summary: "ping-listener: answers each PingRequest with the time at which it was received.",
    types: [PingListener.requestType]
) { event in
    crashSwitch?.receive(event)
    return [try PingListener.answer(to: event)]
}
