import Testing

@testable import ErasureCoding

@Suite("Field of 256 elements")
struct GF256Tests {
    @Test("The powers of 2 start as the protocol lists them and repeat after 255")
    func powers() {
        let start: [UInt8] = [
            0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1d, 0x3a, 0x74, 0xe8, 0xcd, 0x87, 0x13, 0x26, 0x4c,
            0x98, 0x2d, 0x5a,
        ]
        #expect((0..<20).map(GF256.power) == start)
        #expect(GF256.power(255) == 1)
        #expect(Set((0..<255).map(GF256.power)).count == 255)
    }

    @Test("Products and quotients agree with multiplication bit by bit")
    func products() {
        for a in UInt8.min...UInt8.max {
            for b in UInt8.min...UInt8.max {
                let product = Self.slowProduct(a, b)
                #expect(GF256.product(a, b) == product)
                #expect(GF256.quotient(product, b) == (b == 0 ? nil : a))
            }
        }
    }

    private static func slowProduct(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product: UInt16 = 0
        for bit in 0..<8 where b >> UInt8(bit) & 1 != 0 {
            product ^= UInt16(a) << UInt16(bit)
        }
        for bit in (8..<16).reversed() where product >> UInt16(bit) & 1 != 0 {
            product ^= 0x11d << UInt16(bit - 8)
        }
        return UInt8(product)
    }
}
