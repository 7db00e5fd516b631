// Every kind of callback that providers send, compared byte by byte at the other end.
#include <gtest/gtest.h>

#include "signing/digest.h"
#include "tests/tunnel/tunnel_world.h"
#include "transport/http_text.h"

namespace tollgate::tunnel::testing {
namespace {

using transport::HeaderList;

struct Case {
    const char* name;
    std::string target;
    std::string headers;  // Besides Host and the length.
    std::string body;
};

std::string gzip_like() {
    std::string bytes("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10);
    for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(i * 31 + i / 256);
    return bytes;
}

std::string chunked(const std::string& body) {
    std::string wire;
    for (std::size_t at = 0; at < body.size(); at += 700) {
        const std::string part = body.substr(at, 700);
        std::array<char, 16> size{};
        static_cast<void>(std::snprintf(size.data(), size.size(), "%zx\r\n", part.size()));
        wire += size.data() + part + "\r\n";
    }
    return wire + "0\r\n\r\n";
}

std::vector<Case> corpus() {
    const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
    return {
        {"form", "/notify", form, "a=1%2B1&b=%E4%B8%AD+x&c=&notify_id=f1&sign=abc%2F%3D"},
        {"form of 9 KB", "/notify", form, "x=" + std::string(9'000, 'y')},
        {"json", "/notify", "Content-Type: application/json\r\n",
         R"({"amount":1999.00,"u":"\u0026 é"})"},
        {"xml", "/wx", "Content-Type: text/xml\r\n", "<xml><![CDATA[a]]>\r\n</xml>\n"},
        {"gbk", "/notify", "Content-Type: application/x-www-form-urlencoded; charset=GBK\r\n",
         "subject=\xD6\xD0\xCE\xC4"},
        {"gzip", "/notify", "Content-Encoding: gzip\r\n", gzip_like()},
        {"multipart", "/up", "Content-Type: multipart/form-data; boundary=b\r\n",
         "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\0x\r\n--b--\r\n"},
        {"nothing", "/empty", "", ""},
        {"binary", "/bin", "", std::string("\0\x01\xFF\r\n\r\n", 7)},
        {"escaped path", "/a%20b/%E4%BD%A0/%2F../..%2e//c", "", "x"},
        {"query", "/n?x=1+2&y=%0A&&=&z", "", "x"},
        {"repeated and empty headers", "/h", "X-A: 1\r\nx-a: 2\r\nX-Empty:\r\nX-A: 1\r\n", "x"},
        {"an escape in a value", "/h", "X-Note: a%0Ab %00 +\r\nX-High: \xE4\xB8\xAD\r\n", "x"},
        {"no agent of its own", "/h", "Accept: text/plain\r\n", "x"},
    };
}

class Corpus : public ::testing::Test {
protected:
    Corpus() { client_.connected(); }

    // What the app got, without what the tunnel may add or take away.
    static HeaderList comparable(const HeaderList& headers) {
        HeaderList kept;
        for (const auto& [name, value] : headers) {
            const bool ours = name.starts_with("X-Forwarded-") || name.starts_with("X-Tunnel-");
            const bool connection = transport::same_word(name, "Host") ||
                                    transport::same_word(name, "Expect") ||
                                    transport::same_word(name, "Transfer-Encoding");
            if (!ours && !connection) kept.emplace_back(name, value);
        }
        return kept;
    }
    static HeaderList parsed(const std::string& lines) {
        HeaderList headers;
        std::string_view rest = lines;
        while (!rest.empty()) {
            const auto line = rest.substr(0, rest.find("\r\n"));
            rest.remove_prefix(line.size() + 2);
            const auto colon = line.find(':');
            headers.emplace_back(line.substr(0, colon), transport::trimmed(line.substr(colon + 1)));
        }
        return comparable(headers);
    }
    transport::ServerRequest arrived() {
        EXPECT_TRUE(becomes_true([&] { return app_.count() > expected_; }));
        return app_.seen().at(expected_++);
    }

    App app_;
    RunningRelay relay_;
    RunningClient client_{relay_.url(), app_.url()};
    std::size_t expected_ = 0;
};

TEST_F(Corpus, ArrivesByteForByte) {
    for (const Case& sent : corpus()) {
        SCOPED_TRACE(sent.name);
        const std::string headers =
            sent.headers + "Content-Length: " + std::to_string(sent.body.size()) + "\r\n";
        const auto answer =
            relay_.peer().ask("POST /t/alice" + sent.target +
                              " HTTP/1.1\r\nHost: hook.example\r\n" + headers + "\r\n" + sent.body);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "success");
        const auto got = arrived();
        EXPECT_EQ(got.method, "POST");
        EXPECT_EQ(got.target, sent.target);
        EXPECT_EQ(signing::sha256_hex(got.body), signing::sha256_hex(sent.body));
        EXPECT_EQ(comparable(got.headers), parsed(headers));
        EXPECT_EQ(got.header("Host"), app_.url().substr(7));
        EXPECT_EQ(got.header("X-Forwarded-Host"), "hook.example");
        EXPECT_EQ(got.header("X-Tunnel-Attempt"), "1");
    }
}

TEST_F(Corpus, JoinsChunksAndChangesNothingElse) {
    const std::string body = gzip_like();
    const auto answer = relay_.peer().ask(
        "POST /t/alice/c HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n"
        "Content-Encoding: gzip\r\n\r\n" +
        chunked(body));
    ASSERT_TRUE(answer);
    const auto got = arrived();
    EXPECT_EQ(signing::sha256_hex(got.body), signing::sha256_hex(body));
    EXPECT_EQ(got.header("Content-Encoding"), "gzip");
    EXPECT_EQ(got.header("Content-Length"), std::to_string(body.size()));
    EXPECT_EQ(got.header("Transfer-Encoding"), std::nullopt);
}

TEST_F(Corpus, TakesAMebibyteThatWaitsForContinue) {
    std::string body = gzip_like();
    while (body.size() < 1024 * 1024) body += body;
    body.resize(1024 * 1024);
    Peer peer = relay_.peer();
    peer.send(
        "POST /t/alice/large HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n");
    EXPECT_EQ(peer.line(), "HTTP/1.1 100 Continue");
    EXPECT_EQ(peer.line(), "");
    const auto answer = peer.ask(body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    const auto got = arrived();
    EXPECT_EQ(signing::sha256_hex(got.body), signing::sha256_hex(body));
    EXPECT_EQ(got.header("Expect"), std::nullopt);
    EXPECT_EQ(relay_.post("/larger", body + "x").status, 413);
}

TEST_F(Corpus, CarriesEveryMethodAndAWholeAnswerBack) {
    app_.answer_with([](const auto&, transport::Ticket ticket) {
        ticket.complete({.status = 302,
                         .content_type = "text/html; charset=gbk",
                         .body = std::string("\0\xFF", 2),
                         .headers = {{"Location", "/cashier?x=1"},
                                     {"Set-Cookie", "a=1"},
                                     {"Set-Cookie", "b=2"},
                                     {"X-Empty", ""}}});
    });
    for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
        const auto answer = relay_.peer().ask(std::string(method) +
                                              " /t/alice/return?a=b HTTP/1.1\r\nHost: h\r\n\r\n");
        ASSERT_TRUE(answer) << method;
        EXPECT_EQ(answer->status, 302);
        EXPECT_EQ(answer->body, std::string("\0\xFF", 2));
        EXPECT_EQ(answer->header("Location"), "/cashier?x=1");
        EXPECT_EQ(answer->header("Content-Type"), "text/html; charset=gbk");
        std::string cookies;
        for (const auto& [name, value] : answer->headers) {
            if (name == "Set-Cookie") cookies += value + ";";
        }
        EXPECT_EQ(cookies, "a=1;b=2;");
        EXPECT_EQ(arrived().method, method);
    }
    Peer peer = relay_.peer();
    peer.send("HEAD /t/alice/ HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(peer.answer(true)->status, 302);
    EXPECT_EQ(arrived().method, "HEAD");
}

}  // namespace
}  // namespace tollgate::tunnel::testing
