import Core
import HTTP1

/// Keeps out pages that a browser on this machine shows: listeners that ask nobody who they are must not answer them.
public enum ForeignPages {
    /// RFC 1035 §2.3.4, with room for a dot and brackets.
    private static let nameBytesMax = 256

    /// For a listener that only programs come to.
    /// - Parameter isLoopback: it is on loopback and takes everybody, so that names of others must not lead to it.
    public static func problem(_ head: RequestHead, isLoopback: Bool) -> Problem? {
        if head.headers.contains("origin") { return Problem(.forbidden, "No web page comes here.") }
        return isLoopback ? problem(ofHost: head) : nil
    }

    /// A page's own name can be made to lead to this machine (DNS rebinding). Names on the net have a dot.
    public static func problem(ofHost head: RequestHead) -> Problem? {
        guard let host = head.headers.first("host"), isForeign(Authority(host[...]).host) else { return nil }
        return Problem(.forbidden, "This listener is of the machine itself, and not called by that name.")
    }

    /// Neither an address, nor `localhost` or a name below it, nor of a single word.
    static func isForeign(_ host: String) -> Bool {
        guard host.utf8.count <= nameBytesMax else { return true }
        let dot = UInt8(ascii: ".")
        let name = host.utf8.last == dot ? host.dropLast() : host[...]
        guard name.utf8.contains(dot), name.utf8.first != UInt8(ascii: "[") else { return false }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        return !isAddress && parts.last?.lowercased() != "localhost"
    }
}
