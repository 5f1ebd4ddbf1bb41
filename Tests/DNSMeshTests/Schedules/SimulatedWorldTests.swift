import DMPCrypto
import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Foundation
import Testing

@testable import DNSMesh

@Suite("A simulated world")
struct SimulatedWorldTests {
    @Test("Ten users in five zones send, receive, refresh and rotate", arguments: [0, 10])
    func tenUsers(faultRate: Int) async throws {
        let users = Array(0..<10)
        var number = 0
        let letters = users.flatMap { from in
            [1, 4].map { distance in
                number += 1
                return Schedule.Act(action: .send(from: from, to: (from + distance) % 10, number: number))
            }
        }
        let polls = users.map { Schedule.Act(action: .poll($0)) }
        let steps: [Schedule.Step] = [
            users.map { Schedule.Act(action: .refresh($0, replacing: false)) }, letters, polls,
            [Schedule.Act(action: .rotate(3)), Schedule.Act(action: .rotate(7))],
            [
                Schedule.Act(action: .send(from: 3, to: 4, number: 21)),
                Schedule.Act(action: .send(from: 2, to: 7, number: 22)),
            ],
            polls,
        ]
        let schedule = Schedule(seed: 10, userCount: 10, zoneCount: 5, faultRate: faultRate, steps: steps)
        let run = try await ScheduleRun.run(schedule)
        #expect(run.violations.isEmpty)
        let count = try await StoreAccess.$gate.withValue(OpenGate()) {
            try await run.inboxKeys().map(\.count).reduce(0, +)
        }
        if faultRate == 0 { #expect(count == 22) }
    }

    @Test("The same schedules hold on files, and leave none of them open", arguments: [UInt64(3), 4, 5, 6, 7, 8])
    func files(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let run = try await ScheduleRun.run(Schedule(seed: seed), in: folder)
            #expect(run.violations.isEmpty)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            }
            #expect(open.filter { $0.contains("/\(folder.lastPathComponent)/") } == [])
        }
    }

    private static let pair = Schedule(seed: 1, userCount: 2, zoneCount: 2, faultRate: 0, steps: [])

    @Test("A transport error in a later slot or zone costs no message that another one holds")
    func laterSlot() async throws {
        try await ScheduleRun.withWorld(Self.pair) { run in
            let (alice, bob) = (run.users[0], run.users[1])
            let sender = try run.start(alice, alice.keys(0)).client
            let reader = try run.start(bob, bob.keys(0)).client
            for number in 1...4 { _ = try await sender.send("letter \(number)", to: bob.name) }
            run.network.silence(bob.zone, until: run.clock.now.advanced(by: .seconds(60)))
            let report = try await reader.receive()
            #expect(report.messages.count == 4)
            #expect(report.failures.count == 10)
            run.network.set(FaultRates([.overloaded: 500]), round: 1)
            for number in 5...8 {
                while try await Self.isRefused({ _ = try await sender.send("letter \(number)", to: bob.name) }) {}
            }
            var texts: Set<String> = []
            for round in 0..<40 {
                run.network.set(FaultRates([.overloaded: 300]), round: UInt64(2 + round))
                do { texts.formUnion(try await reader.receive().messages.compactMap(\.text)) } catch is MeshError {}
            }
            #expect(texts == ["letter 5", "letter 6", "letter 7", "letter 8"])
        }
    }

    private static func isRefused(_ body: () async throws -> Void) async throws -> Bool {
        do {
            try await body()
            return false
        } catch is MeshError {
            return true
        }
    }

    @Test("What somebody who is no contact sends waits among the intros, and no forgery is anywhere")
    func strangersMail() async throws {
        let letter = Schedule.Act(action: .send(from: 0, to: 1, number: 1))
        let others = [Schedule.Act(action: .strange(to: 1, number: 1))]
        let forgeries = Intrusion.allCases.map { Schedule.Act(action: .intrude($0, against: 1, seed: 5)) }
        let schedule = Schedule(
            seed: 1,
            userCount: 2,
            zoneCount: 1,
            faultRate: 0,
            steps: [[letter], others, forgeries, [Schedule.Act(action: .poll(1))], forgeries]
        )
        try await ScheduleRun.withWorld(schedule) { run in
            try await run.runSteps()
            #expect(run.violations.isEmpty)
            let bob = run.users[1]
            let client = try run.start(bob, bob.keys(0)).client
            #expect(try await client.inbox.list().map(\.text) == ["text 1"])
            #expect(try await client.intros.list().map(\.text) == ["stranger 1"])
        }
    }

    @Test("A malformed header and a manifest of more than 256 chunks, from a stranger, cost themselves alone")
    func strangersJunk() async throws {
        try await ScheduleRun.withWorld(Self.pair) { run in
            let (alice, bob) = (run.users[0], run.users[1])
            let sender = try run.start(alice, alice.keys(0)).client
            let reader = try run.start(bob, bob.keys(0)).client
            let stranger = try SimulatedUser.keys(of: 99, 0)
            let chunk = try ScheduleRun.malformedChunk()
            for (shares, data, hashes) in [
                (1, 1, chunk.hash), (300, 200, [UInt8](repeating: 7, count: 300 * 32)),
            ] {
                let manifest = try SlotManifest(
                    messageID: .random(),
                    sender: stranger.signingKey,
                    recipient: bob.keys(0).userID,
                    shareCount: shares,
                    dataCount: data,
                    prekey: nil,
                    issued: run.now,
                    expires: run.now.adding(3_600),
                    chunkHashes: hashes
                )
                let slot = try OwnerName.slot(manifest.slot, of: manifest.recipient, in: bob.zone)
                await run.network.insert(try manifest.signed(by: stranger.ed25519).value, at: slot, ttl: 3_600)
                let name = try OwnerName.chunk(0, of: manifest.chunkKey, in: bob.zone)
                await run.network.insert(chunk.value, at: name, ttl: 3_600)
            }
            _ = try await sender.send("hello", to: bob.name)
            let report = try await reader.receive()
            #expect(report.messages.map(\.text) == ["hello"])
            #expect(report.dropped == [.malformedMessage: 1, .unusableManifest: 1])
            #expect(try await reader.receive().messages.isEmpty)
        }
    }
}
