import Core
import Glibc

/// Reads small files whole.
public enum FileReader {
    private static let bytesMax = 16 << 20

    public static func read(_ path: String) -> Result<[UInt8], SystemError> {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return .failure(SystemError(operation: "open", code: errno)) }
        defer { close(fd) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(fd, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return .failure(SystemError(operation: "read", code: errno)) }
            if count == 0 { return .success(bytes) }
            bytes.append(contentsOf: piece[..<count])
            if bytes.count > bytesMax { return .failure(SystemError(operation: "read", code: EFBIG)) }
        }
    }
}
