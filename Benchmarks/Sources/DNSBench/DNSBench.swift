import DNSTransport
import DNSWire
import Foundation
import Synchronization

/// usage: DNSBench PORT NAMES COUNT WINDOW
///
/// Asks the server at 127.0.0.1:PORT for the TXT records of the names in the file NAMES (lines `name value`), COUNT times
/// in all and WINDOW at once, and prints one line of JSON; latencies are microseconds.
@main
struct DNSBench {
    private struct Usage: Error {}

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let port = Int(arguments[1]), let count = Int(arguments[3]),
            let window = Int(arguments[4]), let upstream = UpstreamAddress(host: .v4(.loopback), port: port)
        else { throw Usage() }
        let names = try String(contentsOfFile: arguments[2], encoding: .utf8).split(separator: "\n")
            .map { try DNSName(String($0.prefix { $0 != " " })) }
        let start = (wall: ContinuousClock.now, cpu: Self.processTime())
        let answers = try await withDNSClient(upstream) { client in
            await Self.ask(client, names, count: count, window: window)
        }
        answers.print(wall: start.wall.duration(to: .now), cpu: Self.processTime() - start.cpu)
    }

    /// Asks from `window` tasks, each one question after the other.
    @concurrent
    private static func ask(_ client: DNSClient, _ names: [DNSName], count: Int, window: Int) async -> Answers {
        let counter = Counter()
        return await withTaskGroup(of: Answers.self) { group in
            for _ in 0..<window {
                group.addTask {
                    var answers = Answers()
                    while true {
                        let number = counter.next()
                        guard number < count else { return answers }
                        await answers.ask(client, names[number % names.count])
                    }
                }
            }
            var all = Answers()
            for await answers in group { all.add(answers) }
            return all
        }
    }

    private static func processTime() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { self.count.add(1, ordering: .relaxed).oldValue }
}

/// What became of queries.
private struct Answers: Sendable {
    private var latencies: [Double] = []
    private var lost = 0
    private var bad = 0

    mutating func ask(_ client: DNSClient, _ name: DNSName) async {
        let start = ContinuousClock.now
        do {
            let deadline = client.clock.now.advanced(by: .seconds(5))
            let message = try await client.query(name, type: .txt, deadline: deadline)
            if message.answers.isEmpty { self.bad += 1 }
            self.latencies.append(Double(start.duration(to: .now).components.attoseconds) / 1e12)
        } catch {
            self.lost += 1
        }
    }

    mutating func add(_ other: Answers) {
        self.latencies += other.latencies
        self.lost += other.lost
        self.bad += other.bad
    }

    func print(wall: Duration, cpu: Double) {
        let sorted = self.latencies.sorted()
        func percentile(_ part: Double) -> Double {
            sorted.isEmpty ? 0 : sorted[Int(Double(sorted.count - 1) * part)]
        }
        let seconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18
        let count = Double(max(1, sorted.count))
        Swift.print(
            """
            {"n": \(sorted.count), "lost": \(self.lost), "bad": \(self.bad), "sec": \(seconds), \
            "qps": \(count / seconds), "p50": \(percentile(0.5)), "p90": \(percentile(0.9)), \
            "p99": \(percentile(0.99)), "max": \(percentile(1)), "cpu_us": \(cpu * 1e6 / count)}
            """
        )
    }
}
