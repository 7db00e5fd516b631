// Somebody guesses passwords at the console's door without end.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "peer.h"
#include "tests/gateway/console_world.h"

namespace tollgate {
namespace {

using testing::ConsoleWorld;
using testing::kPassword;
using transport::testing::Peer;

// What a real one costs, so that guesses are still looked at when somebody else comes.
void make_dear(config::Settings& settings) {
    static const std::string kHash =
        signing::PasswordHash::of(Secret(kPassword), signing::openssl_entropy()).text();
    for (auto& account : settings.console->operators) account.password_hash = kHash;
}

// Somebody at 127.0.0.2; the test itself is at 127.0.0.1.
Peer stranger(const ConsoleWorld& world) {
    transport::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in from{};
    from.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.2", &from.sin_addr);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from), 0);
    Peer peer(std::move(socket));
    const std::string url = world.url("operator");
    EXPECT_TRUE(peer.connect(std::stoi(url.substr(url.rfind(':') + 1))));
    return peer;
}

std::string guess(int number) {
    const std::string body =
        nlohmann::json{{"name", "guess-" + std::to_string(number)}, {"password", "x"}}.dump();
    return "POST /console/api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
           "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(ConsoleGuesses, OfOneAddressKeepNobodyElseOut) {
    ConsoleWorld world(make_dear);
    // All at once: some find no place.
    std::vector<Peer> guessers;
    for (int i = 0; i < 40; ++i) {
        guessers.push_back(stranger(world));
        guessers.back().send(guess(i));
    }
    bool sent_away = false;
    for (int i = 39; i >= 0 && !sent_away; --i) {
        const auto answer = guessers.at(static_cast<std::size_t>(i)).answer();
        ASSERT_TRUE(answer);
        sent_away = answer->status == 429;
    }
    ASSERT_TRUE(sent_away);
    const auto answer = world.try_to_sign_in("the-operator", kPassword);
    EXPECT_EQ(answer.status, 200) << answer.body;
}

}  // namespace
}  // namespace tollgate
