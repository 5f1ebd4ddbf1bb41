/// Who may do what over HTTP.
///
/// Source: protocol documents, "The node's HTTP API", section 3.
struct HTTPAccess: Sendable {
    let writeAccess: WriteAccess
    let operatorToken: OperatorToken?

    func mayWrite(_ question: HTTPQuestion) -> Bool {
        self.writeAccess == .open || self.isOperator(question)
    }

    func mayRead(_ question: HTTPQuestion) -> Bool {
        self.operatorToken == nil || self.isOperator(question)
    }

    private func isOperator(_ question: HTTPQuestion) -> Bool {
        guard let operatorToken, let token = question.bearerToken else { return false }
        return operatorToken.matches(token)
    }
}
