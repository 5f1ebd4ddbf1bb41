import DMPProtocol
import Foundation
import Testing

@testable import DNSMeshNode

@Suite("The file of the cluster's manifest")
struct ManifestFileTests {
    @Test(
        "A record may stand alone, with white space around it, or as wire in a JSON object",
        arguments: [
            "v=dmp1;t=cluster;AA", " v=dmp1;t=cluster;AA\r\n\n", #"{"wire": "v=dmp1;t=cluster;AA"}"#,
            "\n{ \"nodes\": [], \"wire\": \"v=dmp1;t=cluster;AA\" }\n",
        ]
    )
    func forms(text: String) {
        #expect(ManifestFile.content(of: Array(text.utf8)) == .value(TXTValue("v=dmp1;t=cluster;AA")))
    }

    @Test(
        "What holds no record is refused for its own reason",
        arguments: [
            ("", "is empty"), (" \n", "is empty"), ("{", "is neither a signed manifest nor JSON"),
            (#"{"nodes": [{"node_id": "n01"}]}"#, "has no member wire, so there is no signed manifest to publish"),
            (#"{"wire": 7}"#, "has no member wire, so there is no signed manifest to publish"),
        ]
    )
    func refused(text: String, reason: String) {
        #expect(ManifestFile.content(of: Array(text.utf8)) == .refused(reason))
    }

    @Test("Bytes that are no text are refused")
    func binary() {
        #expect(ManifestFile.content(of: [0xff, 0xfe]) == .refused("is neither a signed manifest nor JSON"))
    }

    @Test("A missing file, a folder and a large file are told apart; a link is followed")
    func files() async throws {
        try await withTemporaryFolder { folder in
            let (file, link) = (folder.appending(path: "file"), folder.appending(path: "link"))
            #expect(await ManifestFile(path: file.path).read() == .missing)
            #expect(await ManifestFile(path: folder.path).read() == .refused("is no regular file"))
            try Data("v=dmp1;t=cluster;AA".utf8).write(to: file)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            #expect(await ManifestFile(path: link.path).read() == .value(TXTValue("v=dmp1;t=cluster;AA")))
            try Data(count: 65_537).write(to: file)
            #expect(await ManifestFile(path: file.path).read() == .refused("is larger than 65536 bytes"))
        }
    }
}
