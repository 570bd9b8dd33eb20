"""Sessions that come and go, for a gateway that is watched for leaks.

usage: client.py PORT SESSIONS

In waves, a third each: over WebSocket, as an event stream with posts to it, and over plain HTTP. Each asks once and reads
its answer; of those over WebSocket every other one ends its session, the rest just goes. Prints how many were answered;
status 1 if one was not.
"""

import json
import os
import socket
import sys

# So few that a wave is over before the first ping has to be answered, slow as the gateway is.
WAVE = 90
TIMEOUT_SECONDS = 300
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)


def frame(text):
    payload = text.encode()
    mask = os.urandom(4)
    head = bytes([0x81])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    else:
        head += bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def event(kind, identifier):
    return json.dumps({"specversion": "1.0", "id": identifier, "source": "/leaks", "type": kind, "data": {"a": 1}})


def request(line, headers=(), body=""):
    lines = [line + " HTTP/1.1", "Host: leaks", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def read_until(peer, wanted):
    """Reads until the text has come. False if the connection ends before."""
    received = b""
    while wanted not in received:
        piece = peer.recv(65536)
        if not piece:
            return False
        received += piece
    return True


class WebSocket:
    def __init__(self, port, number):
        self.number = number
        self.peer = connect(port)
        upgrade = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13",
                   "Sec-WebSocket-Protocol: cloudevents.json")
        self.peer.sendall(request("GET /ws", upgrade))

    def ask(self):
        if read_until(self.peer, b"switchboard.session.opened"):
            self.peer.sendall(frame(event("PingRequest", str(self.number))))

    def is_answered(self):
        return read_until(self.peer, b"PingResponse")

    def leave(self):
        if self.number % 2 == 0:
            self.peer.sendall(frame(event("switchboard.session.close", "close")))
            read_until(self.peer, b"closed by the client")
        self.peer.close()


class EventStream:
    def __init__(self, port, number):
        self.number = number
        self.name = f"leaks-{os.getpid()}-{number}"
        self.port = port
        self.peer = connect(port)
        self.peer.sendall(request(f"GET /sessions/{self.name}/events"))

    def post(self, kind):
        headers = ("Content-Type: application/cloudevents+json", "Prefer: respond-async", "Connection: close")
        with connect(self.port) as poster:
            poster.sendall(request(f"POST /events?correlationid={self.name}", headers, event(kind, str(self.number))))
            read_until(poster, b"HTTP/1.1 202")

    def ask(self):
        if read_until(self.peer, b"switchboard.session.opened"):
            self.post("PingRequest")

    def is_answered(self):
        return read_until(self.peer, b"PingResponse")

    def leave(self):
        if self.number % 4 == 1:
            self.post("switchboard.session.close")
        self.peer.close()


class Post:
    def __init__(self, port, number):
        self.port = port

    def ask(self):
        # Not before: a connection that says nothing has ten seconds.
        self.peer = connect(self.port)
        self.peer.sendall(request("POST /ping", body='{"a":1}'))

    def is_answered(self):
        return read_until(self.peer, b"PingResponse")

    def leave(self):
        self.peer.close()


def main():
    port, sessions = int(sys.argv[1]), int(sys.argv[2])
    answered = begun = 0
    while begun < sessions:
        count = min(WAVE, sessions - begun)
        wave = [(WebSocket, EventStream, Post)[number % 3](port, number) for number in range(begun, begun + count)]
        begun += count
        for one in wave:
            one.ask()
        for one in wave:
            answered += one.is_answered()
            one.leave()
    print(f"{answered} of {sessions} answered")
    sys.exit(0 if answered == sessions else 1)


if __name__ == "__main__":
    main()
