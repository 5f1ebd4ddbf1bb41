import NIOHTTP1

extension HTTPEndpoint {
    /// The head of a request to this node, with its `Host`.
    func requestHead(_ method: HTTPMethod, _ target: String) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: ["Host": self.authority])
    }
}
