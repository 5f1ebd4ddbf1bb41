import Foundation

/// A port of loopback that takes what comes, and never answers.
final class SilentServer: Sendable {
    enum Transport {
        case tcp
        case udp
    }

    let port: Int
    private let descriptor: Int32

    init(_ transport: Transport) throws {
        let kind = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
            }
        }
        guard descriptor >= 0, isBound, transport == .udp || listen(descriptor, 16) == 0 else {
            throw Program.Failure(what: "no port for a server")
        }
        self.descriptor = descriptor
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(self.descriptor) }

    /// Waits until somebody has connected, or sent something.
    func waitForClient() async throws {
        for _ in 0..<1_200 {
            var poll = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
            if unsafe Foundation.poll(&poll, 1, 0) > 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Program.Failure(what: "nobody came to port \(self.port)")
    }
}
