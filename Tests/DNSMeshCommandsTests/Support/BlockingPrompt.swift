@testable import DNSMeshCommands

/// A person who answers when the test says so.
final class BlockingPrompt: SecretPrompt {
    private let asked = AsyncStream.makeStream(of: Void.self)
    private let answers = AsyncStream.makeStream(of: String.self)

    func ask(_ prompt: String) async throws -> SecretText {
        self.asked.continuation.yield()
        for await answer in self.answers.stream { return SecretText(copying: answer) }
        throw CancellationError()
    }

    func waitUntilAsked() async {
        for await _ in self.asked.stream { return }
    }

    func answer(_ text: String) {
        self.answers.continuation.yield(text)
    }
}
