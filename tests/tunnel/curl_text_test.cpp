// The copied command, run by a real shell and a real curl.
#include "tunnel/curl_text.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "tests/tunnel/tunnel_world.h"

namespace tollgate::tunnel::testing {
namespace {

class Curl : public ::testing::Test {
protected:
    // What the app gets when the command is run.
    transport::ServerRequest arrived(const transport::ClientRequest& request) {
        const std::string command = curl_command(request) + " --noproxy '*' >/dev/null";
        FILE* const shell = ::popen(command.c_str(), "r");
        EXPECT_EQ(::pclose(shell), 0) << command;
        const auto seen = app_.seen();
        EXPECT_FALSE(seen.empty());
        return seen.empty() ? transport::ServerRequest{} : seen.back();
    }
    transport::ClientRequest request(std::string body, transport::HeaderList headers = {}) const {
        return {.method = "POST",
                .url = app_.url() + "/a%20b/../c?x=[1]{2}&y=%0A+",
                .headers = std::move(headers),
                .body = std::move(body)};
    }
    App app_;
};

TEST_F(Curl, SendsTheSameBytesWhateverTheyAre) {
    std::string every;
    for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    const std::vector<std::string> bodies = {
        "a=1%2B1&b=%E4%B8%AD+x&c=&sign=abc%2F%3D",
        "@/etc/hostname",
        "it's \"quoted\" $HOME `id` \\n \\ %s %% !",
        "two\nlines\n\n",
        "cr\r\nlf\r\n",
        "中文 🧧",
        "\xD6\xD0\xCE\xC4",
        std::string("\0nul\0", 5),
        "-d",
        every + every,
        std::string(100'000, 'z'),
    };
    for (const std::string& body : bodies) EXPECT_EQ(arrived(request(body)).body, body);
}

TEST_F(Curl, SendsTheSameTargetAndHeadersAndNoneOfItsOwn) {
    const transport::HeaderList headers = {
        {"Host", "pay.local"},    {"X-Empty", ""},  {"X-Quote", "it's \"$HOME\" `id`"},
        {"X-Twice", "1"},         {"X-Twice", "2"}, {"X-High", "\xE4\xB8\xAD \xFF"},
        {"Content-Length", "999"}};
    const auto seen = arrived(request("x", headers));
    EXPECT_EQ(seen.target, "/a%20b/../c?x=[1]{2}&y=%0A+");
    transport::HeaderList expected = headers;
    expected.back().second = "1";
    EXPECT_EQ(seen.headers, expected);
    transport::ClientRequest page = request("", {{"Host", "h"}, {"User-Agent", "a"}});
    page.method = "GET";
    EXPECT_EQ(arrived(page).headers, page.headers);
    page.method = "HEAD";
    EXPECT_EQ(arrived(page).method, "HEAD");
}

}  // namespace
}  // namespace tollgate::tunnel::testing
