import DMPTesting
import Foundation
import Testing

@Suite("What is refused before anything is published", .needsReference, .serialized, .timeLimit(.minutes(2)))
struct RefusalTests {
    @Test("A body of one byte too many is refused, naming the limit", arguments: Implementation.allCases)
    func tooLong(_ node: Implementation) async throws {
        let cell = Cell(node: node, sender: .ours, recipient: .reference)
        try await withScratchFolder { folder in
            let own = try await RunningNode.start(node, in: folder.appending(path: "node"))
            try await Pair.introduced(cell, on: own) { pair in
                let before = try await pair.sender.recordCount(of: folder.appending(path: "node/node.db"))
                let refused = try await pair.sender.attempt(
                    ["send", pair.recipient.name, "-"],
                    input: Body.plain(3_733)
                )
                #expect(refused.status == 1)
                #expect(refused.output.isEmpty)
                #expect(refused.errors.contains("3732"), "\(refused.errors)")
                #expect(try await pair.sender.recordCount(of: folder.appending(path: "node/node.db")) == before)
                #expect(try await pair.recipient.receive().isEmpty)

                try await pair.sender.send([Body.plain(3_732)], to: pair.recipient.name)
                #expect(try await pair.recipient.receive().map(\.body) == [Body.plain(3_732)])
            }
        }
    }
}
