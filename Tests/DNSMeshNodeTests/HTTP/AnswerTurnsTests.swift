import Testing

@testable import DNSMeshNode

@Suite("The turns of answers")
struct AnswerTurnsTests {
    @Test("Answers go out in the order of their requests, whatever the order of getting ready")
    func order() {
        var turns = AnswerTurns()
        let forms = [HTTPAnswer.Form(), HTTPAnswer.Form(hasBody: false), HTTPAnswer.Form(connection: "close")]
        let numbers = forms.map { turns.open($0) }
        #expect(turns.count == 3)
        turns.finish(numbers[2], with: .empty(.noContent))
        turns.finish(numbers[1], with: .notFound)
        #expect(turns.next() == nil)
        turns.finish(numbers[0], with: .unauthorized)
        var answers: [HTTPAnswer] = []
        for form in forms {
            let next = turns.next()
            #expect(next?.1 == form)
            answers += next.map { [$0.0] } ?? []
        }
        #expect(answers == [.unauthorized, .notFound, .empty(.noContent)])
        #expect(turns.isEmpty && turns.next() == nil)
    }

    @Test("An answer to nothing that was asked changes nothing")
    func unknown() {
        var turns = AnswerTurns()
        let number = turns.open(HTTPAnswer.Form())
        turns.finish(number + 1, with: .notFound)
        turns.finish(number - 1, with: .notFound)
        #expect(turns.next() == nil && turns.count == 1)
        turns.finish(number, with: .notFound)
        #expect(turns.next()?.0 == .notFound)
        turns.finish(number, with: .unauthorized)
        #expect(turns.next() == nil)
    }
}
