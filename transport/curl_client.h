#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "transport/http_client.h"

namespace tollgate::transport {

// HttpClient over one libcurl multi handle. One thread drives it by calling run_once() in a loop;
// start() and wake() may be called from anywhere.
class CurlClient final : public HttpClient {
public:
    struct Options {
        std::size_t in_flight_max = 256;  // Further requests wait in line, in order.
        std::string ca_file;              // Empty: the system's trust store.
        std::string user_agent = "tollgate";
        // The only keys that an https server may have, whoever vouches for it: "sha256//" and the
        // base64 of the SHA-256 of its SubjectPublicKeyInfo, several separated by ';'. Empty: any
        // that ca_file vouches for. Requires is_public_key_pin().
        std::string pinned_public_key = {};
        // True: requests without a guard go through http_proxy, https_proxy or all_proxy, where the
        // environment names one and no_proxy does not except the host.
        bool proxy_from_environment = false;
    };

    explicit CurlClient(Options options);
    // Requests still waiting or under way end with an error, as with cancel_all().
    ~CurlClient() override;

    void start(ClientRequest request, Completion done) override;

    // Moves everything that can move, calls the completions of what has finished, and waits for
    // the network, a start() or a wake() for at most `timeout`.
    void run_once(std::chrono::milliseconds timeout);

    // Makes a waiting run_once() return. Safe from any thread.
    void wake();

    // Ends everything: what was not sent with unavailable, what was with outcome_unknown. Requests
    // that completions start meanwhile stay. Call from the driving thread.
    void cancel_all();

    // Started and not completed yet, those in line included. Safe from any thread.
    std::size_t in_flight() const;

private:
    class Multi;
    std::unique_ptr<Multi> multi_;
};

// Whether the text is a pin as Options::pinned_public_key takes it. libcurl would read anything
// else as the name of a file.
bool is_public_key_pin(std::string_view text);

// Drives `client` until this one request is done: for the command line and tests.
Result<ClientReply> send_and_wait(CurlClient& client, ClientRequest request);

}  // namespace tollgate::transport
