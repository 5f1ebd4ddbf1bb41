import DMPCrypto
import DMPProtocol

/// usage: Bench stages|primitives|count [--sizes 100,1024] [--reps 5] [--stages encrypt,decrypt]
///
/// `stages` and `primitives` print the times of each stage as a line of JSON. `count` runs each stage (`--runs N` times)
/// inside `countedExecution` and prints its name, for `scripts/bench`, which runs it under valgrind.
@main
struct Bench {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let command = arguments.isEmpty ? "stages" : arguments.removeFirst()
        var options: [String: String] = [:]
        while arguments.count >= 2 {
            options[arguments[0]] = arguments[1]
            arguments.removeFirst(2)
        }
        let sizes = (options["--sizes"] ?? "100,1024,4096,16384,24576").split(separator: ",").compactMap { Int($0) }
        let chosen = Set((options["--stages"] ?? "").split(separator: ",").map(String.init))
        var stages: [Stage] = []
        switch command {
        case "stages": stages = try [PrimitiveStages.keyDerivation()] + self.messageStages(sizes)
        case "primitives": stages = try PrimitiveStages.all()
        default: stages = try PrimitiveStages.all() + self.messageStages(sizes)
        }
        let runs = options["--runs"].flatMap { Int($0) } ?? 1
        for stage in stages where chosen.isEmpty || chosen.contains(stage.name) {
            if command == "count" {
                for _ in 0..<2 { try stage.body() }
                try countedExecution { for _ in 0..<runs { try stage.body() } }
                print("\(stage.name) \(stage.size)")
            } else {
                let measured = try Measurement(of: stage, repetitions: options["--reps"].flatMap { Int($0) } ?? 5)
                print(
                    """
                    {"stage": "\(stage.name)", "size": \(stage.size), "k": \(stage.dataCount), \
                    "n": \(stage.shareCount), "cpu_ns": \(measured.cpu), "wall_ns": \(measured.wall)}
                    """
                )
            }
        }
    }

    private static func messageStages(_ sizes: [Int]) throws -> [Stage] {
        try sizes.flatMap { size in
            let fixture = try Fixture(size: size)
            var random = SplitMix(seed: 9)
            let prekeys = try (1...50 as ClosedRange<UInt32>).map { id in
                let secret = try X25519.SecretKey(SecretBytes(copying: random.bytes(32)))
                let expires = Fixture.now.adding(86_400)
                let prekey = try Prekey(id: Prekey.ID(id), publicKey: secret.publicKey, expires: expires)
                return prekey.signed(by: fixture.bob.ed25519).value
            }
            return try fixture.sendStages(prekeys: prekeys) + fixture.receiveStages()
        }
    }
}
