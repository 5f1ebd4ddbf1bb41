import DMPNetwork
import DNSTransport
import Logging

/// The messages of ``DMPClient/messages(every:)``.
public struct IncomingMessages: AsyncSequence, Sendable {
    /// One message after the other.
    public typealias Element = ReceivedMessage
    /// ``MeshError`` if a file can't be used, and `CancellationError`.
    public typealias Failure = any Error

    let client: DMPClient
    let clock: ErasedClock
    let pause: Duration
    let logger: Logger

    /// Starts to look for messages as soon as the first is asked for.
    public func makeAsyncIterator() -> Iterator {
        Iterator(client: self.client, clock: self.clock, pause: self.pause, logger: self.logger)
    }

    /// Works when it is asked for the next message; between two calls nothing runs.
    public struct Iterator: AsyncIteratorProtocol {
        let client: DMPClient
        let clock: ErasedClock
        let pause: Duration
        let logger: Logger
        private var buffer: [ReceivedMessage] = []
        private var handedOut: ReceivedMessage?
        private var isFirstPass = true

        init(client: DMPClient, clock: ErasedClock, pause: Duration, logger: Logger) {
            self.client = client
            self.clock = clock
            self.pause = pause
            self.logger = logger
        }

        /// Waits for the next message; `nil` is never returned.
        ///
        /// - Throws: ``MeshError`` if a file can't be used, and `CancellationError`.
        public mutating func next() async throws -> ReceivedMessage? {
            if let message = self.handedOut {
                try await self.client.inbox.acknowledge([message])
                self.handedOut = nil
            }
            while self.buffer.isEmpty {
                if !self.isFirstPass { try await self.clock.sleep(until: self.clock.now.advanced(by: self.pause)) }
                self.isFirstPass = false
                self.buffer = try await self.pass().reversed()
            }
            self.handedOut = self.buffer.popLast()
            return self.handedOut
        }

        private func pass() async throws -> [ReceivedMessage] {
            try await Pass(client: self.client, logger: self.logger).run()
        }
    }
}

/// One look into the mailbox. What waits to be sent goes out beside it: neither waits for the other.
private struct Pass: Sendable {
    let client: DMPClient
    let logger: Logger

    @concurrent
    func run() async throws -> [ReceivedMessage] {
        async let resumed: Void = self.resumeSending()
        let messages = try await self.receive()
        try await resumed
        return messages
    }

    private func resumeSending() async throws {
        do {
            _ = try await self.client.resumeSending()
        } catch let error as MeshError {
            self.logger.warning("\(error)")
        }
    }

    private func receive() async throws -> [ReceivedMessage] {
        do {
            let report = try await self.client.receive(acknowledging: false)
            for change in report.keyChanges { self.logger.warning("\(change.explanation)") }
            if report.newIntros > 0 {
                self.logger.warning("\(report.newIntros) new intro(s) from senders who are not contacts")
            }
            return report.messages
        } catch let error as MeshError where error.code.isNetworkFailure {
            self.logger.warning("\(error)")
            return try await self.client.inbox.waiting()
        }
    }
}
