import EventListener
import PingListener

EventListenerProgram.run(
    service: PingListener.service,
    summary: "ping-listener: answers each PingRequest with the time at which it was received.",
    types: [PingListener.requestType]
) { event in
    [PingListener.answer(to: event)]
}
