import Foundation

@testable import FileFormats

extension FuzzTarget {
    static let files = [
        // What is read can be written again as it is, unless that is refused with a reason. Each reading of YAML begins
        // with buffers of some 70,000 bytes, and there are several.
        FuzzTarget("config-yaml", upTo: 2_048, allocationFactor: 4_000, allocationBase: 1_000_000) { input in
            guard let document = try? ConfigurationDocument(input) else { return }
            guard let text = try? document.text(for: document.configuration) else { return }
            guard let again = try? ConfigurationDocument(Array(text.utf8)) else { fatalError("own text is refused") }
            require(again.configuration.isSame(as: document.configuration), "own text says something else")
        },
        FuzzTarget("replay-file", upTo: 4_096, allocationFactor: 1_000) { input in
            guard let lines = ReplayFileText.parse(Data(input)) else { return }
            let text = ReplayFileText.text(lines)
            guard let again = ReplayFileText.parse(Data(text)) else { fatalError("own text is refused") }
            require(Set(again) == Set(lines) && again.count == lines.count, "own text holds other entries")
        },
        FuzzTarget("node-route", upTo: 2_048) { input in
            guard let path = String(validating: input, as: UTF8.self) else { return }
            guard case .record(let name) = NodeRoute(path: path) else { return }
            let isBounded = name.utf8.count <= 3 * input.count
            require(isBounded && !name.isEmpty && !name.hasSuffix("."), "a name of another form")
        },
    ]
}
