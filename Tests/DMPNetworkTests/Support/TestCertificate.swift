import NIOSSL

/// Certificates of an authority that exists for these tests only, valid from 2020 to 2120.
enum TestCertificate {
    case localhost
    /// For the name other.test.
    case otherName

    /// What trusts both.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBRzCB76ADAgECAhQflVjKcS1noMSIgZlOHjGomGMZ1jAKBggqhkjOPQQDAjAZ
        MRcwFQYDVQQDDA5UZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw
        MDEwMTAwMDAwMFowGTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwWTATBgcqhkjO
        PQIBBggqhkjOPQMBBwNCAAQyNu0I9CiiXCvWDKBuwlEhA93G/b79mlio6UgFaFxT
        8uj07isRD5ShpkNpxotOgYzpoQAtqI6muzq406myRArPoxMwETAPBgNVHRMBAf8E
        BTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIAeW+qUf6wKjAWG+R0gh5bTN+jqET8w0
        OdWYMKniK1ZvAiB5i8OxQ1I3+NSPHmxzpsLZyyCQdKtg3CcZMHWVVM+Www==
        -----END CERTIFICATE-----
        """

    private static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo/IaqA4ev93YA10J
        KA5roySNGS11Bfv7SSCp/2njfgShRANCAATa3xwHAQ8ir1c1STt9Rc/cv2gD45Jq
        7ubc4XEQ6MnO2Wkh9Y+74N9US15MgGJBtv9GcTx63bD6pKp1CDZNbIj/
        -----END PRIVATE KEY-----
        """

    private static let localhostText = """
        -----BEGIN CERTIFICATE-----
        MIIBczCCARigAwIBAgIUd9vVzZQoYilIy77NIosaANkDhwswCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEy
        MDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCVRlc3Qgbm9kZTBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABNrfHAcBDyKvVzVJO31Fz9y/aAPjkmru5tzhcRDoyc7ZaSH1
        j7vg31RLXkyAYkG2/0ZxPHrdsPqkqnUINk1siP+jQTA/MAwGA1UdEwEB/wQCMAAw
        GgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMBMGA1UdJQQMMAoGCCsGAQUFBwMB
        MAoGCCqGSM49BAMCA0kAMEYCIQCWeCE3yoNpQBCdOTKTO+J2eKxTHptd/fcFSUqg
        oAWh1QIhAP0ivF6nhL26AXazpLgipZ+LZwTgFkVrhgK5KPvJaCKR
        -----END CERTIFICATE-----
        """

    private static let otherNameText = """
        -----BEGIN CERTIFICATE-----
        MIIBbTCCAROgAwIBAgIUflP7dQJHhN0dg1xd07ttW/XQDQQwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEy
        MDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCVRlc3Qgbm9kZTBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABNrfHAcBDyKvVzVJO31Fz9y/aAPjkmru5tzhcRDoyc7ZaSH1
        j7vg31RLXkyAYkG2/0ZxPHrdsPqkqnUINk1siP+jPDA6MAwGA1UdEwEB/wQCMAAw
        FQYDVR0RBA4wDIIKb3RoZXIudGVzdDATBgNVHSUEDDAKBggrBgEFBQcDATAKBggq
        hkjOPQQDAgNIADBFAiEA5RCR7H1IexmmBPqwUM1vCAXPw/hgVrYwuysfFyds4UEC
        IF0xYeSOF1GzuLnEH1MnzeJM8SR0Xi61ygb9/buvw4LO
        -----END CERTIFICATE-----
        """

    /// What a server with this certificate needs.
    func server(newest: TLSVersion? = nil) throws -> NIOSSLContext {
        let text = self == .localhost ? Self.localhostText : Self.otherNameText
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(text.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(Self.privateKey.utf8), format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = newest
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
