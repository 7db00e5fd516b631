// What systemd hears of us.
#include "gateway/cli/service_manager.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/fakes.h"

namespace tollgate::gateway::cli {
namespace {

TEST(ServiceManager, HearsWhatItIsToldAtItsSocket) {
    const testing::TempFolder folder;
    const std::string name = folder.file("notify");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(name.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);

    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    tell_service_manager("READY=1");
    std::array<char, 64> heard{};
    EXPECT_EQ(::recv(socket, heard.data(), heard.size(), MSG_DONTWAIT), 7);
    EXPECT_STREQ(heard.data(), "READY=1");
    ::close(socket);

    // Nobody there, or no such place: no reason not to run.
    tell_service_manager("STOPPING=1");
    ::setenv("NOTIFY_SOCKET", std::string(500, '/').c_str(), 1);
    tell_service_manager("STOPPING=1");
    ::unsetenv("NOTIFY_SOCKET");
    tell_service_manager("STOPPING=1");
}

}  // namespace
}  // namespace tollgate::gateway::cli
