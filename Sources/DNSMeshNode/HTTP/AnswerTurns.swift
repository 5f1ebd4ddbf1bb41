internal import NIOCore

/// The answers of one connection, which go out in the order of their requests whatever the order of getting ready
/// (RFC 9112, section 9.3.2).
struct AnswerTurns {
    private struct Turn {
        let form: HTTPAnswer.Form
        var answer: HTTPAnswer?
    }

    private var turns: CircularBuffer<Turn> = []
    /// The number of the first.
    private var first = 0

    /// How many requests have no answer yet, or one that waits for another.
    var count: Int { self.turns.count }
    var isEmpty: Bool { self.turns.isEmpty }

    /// - Returns: The number by which the answer is handed in.
    mutating func open(_ form: HTTPAnswer.Form) -> Int {
        self.turns.append(Turn(form: form))
        return self.first + self.turns.count - 1
    }

    mutating func finish(_ number: Int, with answer: HTTPAnswer) {
        let offset = number - self.first
        guard offset >= 0, offset < self.turns.count else { return }
        self.turns[self.turns.index(self.turns.startIndex, offsetBy: offset)].answer = answer
    }

    /// Takes the answer whose turn it is, if it is ready.
    mutating func next() -> (HTTPAnswer, HTTPAnswer.Form)? {
        guard let turn = self.turns.first, let answer = turn.answer else { return nil }
        self.turns.removeFirst()
        self.first += 1
        return (answer, turn.form)
    }
}
