import DNSTransport
import DNSWire
import Foundation
import NIOCore
import NIOPosix
import Testing

/// Runs a resolver in front of a node while `body` runs.
func withResolver<Value: Sendable>(
    _ setup: ResolverSetup,
    zone: String,
    node: UpstreamAddress,
    _ body: (UpstreamAddress) async throws -> Value
) async throws -> Value {
    try await withTemporaryFolder { folder async throws in
        let port = try await freePort()
        let resolver = try #require(UpstreamAddress(host: .v4(.loopback), port: port))
        let text = setup.configuration(folder: folder.path, port: port, zone: zone, node: node)
        try Data(text.utf8).write(to: folder.appending(path: "resolver.conf"))
        let log = folder.appending(path: "resolver.log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: setup.program)
        process.arguments = setup.arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        do {
            try await waitUntilAnswering(resolver, zone: zone, process: process)
            return try await body(resolver)
        } catch {
            let lines = String(decoding: try Data(contentsOf: log), as: UTF8.self).suffix(4_000)
            Issue.record("\(setup): \(error)\n\(lines)")
            throw error
        }
    }
}

/// Asks until the resolver answers with authority from the node.
private func waitUntilAnswering(_ resolver: UpstreamAddress, zone: String, process: Process) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: .seconds(20))
    while true {
        do {
            guard try await resolver.ask(zone, .soa).responseCode != .noError else { return }
        } catch let error as DNSTransportError {
            guard clock.now < deadline, process.isRunning else { throw error }
        }
        guard clock.now < deadline, process.isRunning else { throw DNSTransportError.Code.timeout.asError }
        try await clock.sleep(for: .milliseconds(50))
    }
}

extension DNSTransportError.Code {
    fileprivate var asError: any Error { ResolverDidNotStart(code: self) }
}

/// A resolver that ended, or didn't answer for too long.
struct ResolverDidNotStart: Error {
    let code: DNSTransportError.Code
}

/// A port of loopback that nobody used a moment ago.
private func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port
    try await channel.close()
    return try #require(port)
}
