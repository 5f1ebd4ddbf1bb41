import DMPNetwork
import Testing

@Suite("Work that outlives its call")
struct BackgroundWorkTests {
    @Test("What waits when the work is cancelled ends without an answer")
    func cancelledBeforeItBegan() async throws {
        let work = BackgroundWork()
        let sawCancellation = Shared(false)
        #expect(work.start { sawCancellation.change { $0 = Task.isCancelled } })
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await work.run() }
        }
        #expect(sawCancellation.value)
        #expect(work.count == 0)
        let late: Int? = try await work.perform { $0.send(1) }
        #expect(late == nil)
    }

    @Test("A caller that is cancelled while it waits doesn't wait for the work to begin")
    func cancelledCaller() async throws {
        let work = BackgroundWork()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    let answer: Int? = try await work.perform { $0.send(1) }
                    Issue.record("\(String(describing: answer))")
                }
            }
            await Task.yield()
            group.cancelAll()
        }
    }

    @Test("A full backlog takes nothing more, and a finished one ends")
    func bounds() async throws {
        let work = BackgroundWork(backlog: 1)
        let done = Shared(0)
        #expect(work.start { done.change { $0 += 1 } })
        #expect(!work.start { done.change { $0 += 10 } })
        work.finish()
        #expect(!work.start { done.change { $0 += 100 } })
        await work.run()
        #expect(done.value == 1)
    }

    @Test("An operation that ends without an answer gives none; only the first answer counts")
    func answers() async throws {
        let work = BackgroundWork()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await work.run() }
            let none: Int? = try await work.perform { _ in }
            #expect(none == nil)
            let first: Int? = try await work.perform { reply in
                reply.send(1)
                reply.send(2)
            }
            #expect(first == 1)
            group.cancelAll()
        }
    }
}
