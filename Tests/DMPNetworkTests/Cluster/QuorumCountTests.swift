import DMPNetwork
import Testing

@Suite("The quorum of a cluster")
struct QuorumCountTests {
    @Test("Half of the nodes, rounded up", arguments: zip(0...8, [0, 1, 1, 2, 2, 3, 3, 4, 4]))
    func quorum(nodes: Int, quorum: Int) {
        #expect(QuorumCount(nodeCount: nodes).quorum == quorum)
    }

    @Test("It is reached by acknowledgements alone, and impossible once too few can still come")
    func counting() {
        let failure = NetworkFailure(.timeout, "")
        var count = QuorumCount(nodeCount: 5)
        count.count(.refused(failure))
        count.count(.unavailable(failure))
        #expect(!count.isImpossible)
        count.count(.accepted)
        count.count(.accepted)
        #expect(!count.isReached && !count.isImpossible && count.outstanding == 1)
        var lost = count
        lost.count(.unavailable(failure))
        #expect(lost.isImpossible && !lost.isRefused && !lost.isReached)
        count.count(.accepted)
        #expect(count.isReached && !count.isImpossible)
        count.count(.refused(failure))  // more answers than nodes
        #expect(count.refused == 1)
    }

    @Test("Without nodes nothing is acknowledged")
    func noNodes() {
        let count = QuorumCount(nodeCount: 0)
        #expect(!count.isReached && count.isImpossible && count.isRefused)
    }
}
