import Foundation

/// Asks the proxy between client and node for what went through it.
enum ControlPort {
    struct Failure: Error {}

    /// Sends a word to a UDP port of 127.0.0.1.
    ///
    /// - Returns: The answer, which is JSON.
    static func ask(_ word: String, at port: UInt16) throws -> String {
        #if canImport(Glibc)
            let kind = Int32(SOCK_DGRAM.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw Failure() }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure() }
        let bytes = Array(word.utf8)
        guard unsafe send(descriptor, bytes, bytes.count, 0) == bytes.count else { throw Failure() }
        var answer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &answer, answer.count, 0)
        guard count > 0 else { throw Failure() }
        return String(decoding: answer[..<count], as: UTF8.self)
    }
}
