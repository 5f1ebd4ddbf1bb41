import DMPTesting
import Testing

@Suite("The list of what we refuse")
struct LenientFormsTests {
    /// A vector file as far as this test looks: the lists in it, each with its ids and verdicts.
    private struct AnyFile: Decodable {
        struct Item: Decodable {
            let id: String?
            let address: String?
            let result: String?
        }

        struct List: Decodable {
            let items: [Item]

            init(from decoder: any Decoder) throws {
                do {
                    self.items = try decoder.singleValueContainer().decode([Item].self)
                } catch {
                    self.items = []  // one of the values that are no list of cases
                }
            }
        }

        let lists: [String: List]

        init(from decoder: any Decoder) throws {
            self.lists = try decoder.singleValueContainer().decode([String: List].self)
        }
    }

    @Test("Each entry names a case of the vectors that the reference does not refuse", arguments: LenientForms.families)
    func entries(family: LenientForms.Family) throws {
        let parts = family.list.split(separator: ".").map(String.init)
        let file: AnyFile = try Vectors.load(parts[0])
        let items = try #require(file.lists[parts[1]]).items
        for id in family.ids {
            let item = try #require(items.first { ($0.id ?? $0.address) == id }, "\(family.list) has no case \(id)")
            #expect(item.result != "reject", "\(family.list) \(id): the reference refuses it too")
        }
        #expect(!family.reason.isEmpty)
    }
}
