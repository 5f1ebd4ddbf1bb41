import DMPTesting
import Foundation
import Testing

@Suite("The README and the pages under docs", .serialized, .timeLimit(.minutes(2)))
struct DocumentTests {
    @Test("The tour works as it is written")
    func tour() async throws {
        let blocks = try Document(named: "README.md").blocks(of: "sh")
        let (start, rest) = try (#require(blocks.first), blocks.dropFirst())
        try await withScratchFolder { home in
            let command = try Implementation.ours.command.deletingLastPathComponent().path
            let environment = ["HOME": home.path, "PATH": "\(command):/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]
            let node = try await RunningNode.start(
                ["bash", "-c", start.replacing("15353", with: "0").replacing("18053", with: "0")],
                in: home.appending(path: "node-log"),
                environment: environment
            )
            let script = rest.joined(separator: "\n").replacing("15353", with: node.dns.port)
                .replacing("18053", with: node.http.port)
            let shown = try await Program.run(
                URL(fileURLWithPath: "/bin/bash"),
                ["-euo", "pipefail", "-c", script],
                environment: environment
            ).expecting(0)
            for text in ["Hello Bob!", "This text came from standard input.", "Hello Alice!"] {
                #expect(shown.text.contains(text), "\(shown)")
            }
        }
    }

    @Test("The library's code in the README is that of the example")
    func example() throws {
        let block = try Document(named: "README.md").blocks(of: "swift").joined(separator: "\n")
        let example = try Document(named: "Examples/SendAndReceive/SendAndReceive.swift")
        let unindented = example.lines.map(\.trimmed).joined(separator: "\n")
        #expect(!block.isEmpty)
        #expect(
            unindented.contains(
                block.split(separator: "\n", omittingEmptySubsequences: false).map(\.trimmed).joined(separator: "\n")
            )
        )
    }

    @Test("Every command that a page names has a help text", arguments: Document.pages)
    func commands(_ page: String) async throws {
        for words in try Document(named: page).commands {
            let help = try await Program.run(
                Implementation.ours.command,
                ["help"] + words,
                environment: ["PATH": "/usr/bin:/bin"]
            )
            #expect(help.status == 0, "dnsmesh \(words.joined(separator: " "))")
            #expect(help.text.contains("USAGE: dnsmesh \(words.joined(separator: " "))"), "\(help)")
        }
    }

    @Test("Every setting and every file that a page names exists", arguments: Document.pages)
    func references(_ page: String) throws {
        let document = try Document(named: page)
        let sources = try Document.sources()
        for variable in document.text.matches(of: /DMP_[A-Z0-9_]+[A-Z0-9]/).map({ String($0.output) }) {
            #expect(sources.contains(variable), "\(variable)")
        }
        for link in document.text.matches(of: /\]\(([^)#:]+)\)/).map({ String($0.output.1) }) {
            let file = document.file.deletingLastPathComponent().appending(path: link)
            #expect(FileManager.default.fileExists(atPath: file.path), "\(link)")
        }
    }
}

/// A text file of the checkout.
struct Document {
    let file: URL
    let text: String

    static let pages = [
        "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/dependencies.md", "docs/measurements.md",
        "docs/operators.md", "docs/protocol-notes.md", "docs/threat-model.md",
    ]

    init(named name: String) throws {
        self.file = projectRoot.appending(path: name)
        self.text = try String(contentsOf: self.file, encoding: .utf8)
    }

    /// All source files, tests and scripts as one text.
    static func sources() throws -> String {
        var text = ""
        for folder in ["Sources", "Tests", "scripts"] {
            let files = FileManager.default.enumerator(atPath: projectRoot.appending(path: folder).path)
            while let name = files?.nextObject() as? String {
                guard !name.hasSuffix(".json"), !name.hasPrefix("Vectors") else { continue }
                let file = projectRoot.appending(path: folder).appending(path: name)
                text += (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            }
        }
        return text
    }

    var lines: [String] { self.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// The fenced blocks of one language.
    func blocks(of language: String) -> [String] {
        var blocks: [String] = []
        var current: [String]?
        for line in self.lines {
            if line == "```\(language)" {
                current = []
            } else if line.hasPrefix("```") {
                if let block = current { blocks.append(block.joined(separator: "\n")) }
                current = nil
            } else {
                current?.append(line)
            }
        }
        return blocks
    }

    /// The commands that stand in code, as `dnsmesh noun verb` or `dnsmesh verb`.
    var commands: Set<[String]> {
        let nouns = ["bootstrap", "cluster", "contacts", "identity", "inbox", "operator", "resolvers"]
        let found = self.text.matches(of: /(?:`|^ {4}|^)dnsmesh ([a-z]+)(?: ([a-z-]+))?/.anchorsMatchLineEndings())
        return Set(
            found.compactMap { match in
                let (first, second) = (String(match.output.1), match.output.2.map(String.init))
                if first == "help" { return nil }
                return nouns.contains(first) ? [first] + (second.map { [$0] } ?? []) : [first]
            }
        )
    }
}

extension StringProtocol {
    fileprivate var trimmed: String { self.trimmingCharacters(in: .whitespaces) }
}
