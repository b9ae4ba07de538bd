import Foundation
import Testing
@testable import ZikrClient

@Suite struct MailboxTests {
    @Test func everyValueOnceAndInOrder() async throws {
        let mailbox = Mailbox<Int>(capacity: .max, overflow: .keepNewest)
        let writer = Task { for i in 0..<20_000 { mailbox.put(i) }; mailbox.finish() }
        var got: [Int] = []
        while let value = try await mailbox.next() { got.append(value) }
        await writer.value
        #expect(got == Array(0..<20_000))
    }

    @Test func allAtOnce() async throws {
        let mailbox = Mailbox<Int>(capacity: .max, overflow: .keepNewest)
        for i in 0..<5 { mailbox.put(i) }
        #expect(try await mailbox.next() == 0)
        #expect(try await mailbox.all() == [1, 2, 3, 4])
    }

    @Test func tooManyAreDroppedAndTold() async throws {
        let mailbox = Mailbox<Int>(capacity: 10, overflow: .tell(-1))
        for i in 0..<15 { mailbox.put(i) }
        #expect(try await mailbox.all() == [-1, 10, 11, 12, 13, 14])
        let newest = Mailbox<Int>(capacity: 1, overflow: .keepNewest)
        for i in 0..<5 { newest.put(i) }
        #expect(try await newest.all() == [4])
    }

    @Test func whatWaitsIsGoneOnceItIsClosed() async throws {
        let mailbox = Mailbox<Int>(capacity: 10, overflow: .tell(-1))
        mailbox.put(1)
        mailbox.close()
        mailbox.put(2)
        #expect(try await mailbox.next() == nil)
    }

    @Test func anErrorEndsIt() async throws {
        let mailbox = Mailbox<Int>(capacity: 10, overflow: .tell(-1))
        let reader = Task { try await mailbox.next() }
        mailbox.close(ZikrError.timedOut)
        await #expect(throws: ZikrError.timedOut) { try await reader.value }
        let finished = Mailbox<Int>(capacity: 10, overflow: .tell(-1))
        finished.put(1)
        finished.finish(ZikrError.timedOut)
        #expect(try await finished.next() == 1)
        await #expect(throws: ZikrError.timedOut) { try await finished.next() }
    }

    @Test func aCancelledReaderEnds() async throws {
        for _ in 0..<200 {
            let mailbox = Mailbox<Int>(capacity: 10, overflow: .tell(-1))
            let reader = Task { try await mailbox.next() }
            reader.cancel()
            #expect(try await reader.value == nil)
        }
    }
}
