#include "running_front.h"

#include <array>
#include <stdexcept>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace tollgate::transport::testing {

MemoryLog::MemoryLog()
    : file_(::memfd_create("log", MFD_CLOEXEC)),
      log_(file_.get(), system_clock(), LogLevel::debug) {}

std::string MemoryLog::text() const {
    std::string text;
    std::array<char, 4096> bytes{};
    while (true) {
        const ssize_t got =
            ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(text.size()));
        if (got <= 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

ServerResponse text_answer(std::string body, int status) {
    return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

Handler at_once(std::function<ServerResponse(const ServerRequest&)> make) {
    return [make = std::move(make)](ServerRequest& request, Ticket ticket) {
        ticket.complete(make(request));
    };
}

ServerResponse describe(const ServerRequest& request) {
    std::string text = "method=" + request.method + "\ntarget=" + request.target +
                       "\npath=" + request.path + "\nquery=" + request.query +
                       "\nremote=" + request.remote_address + "\nid=" + request.request_id + "\n";
    for (const std::string& capture : request.captures)
        text.append("capture=").append(capture).append("\n");
    for (const auto& [name, value] : request.headers)
        text.append(name).append(": ").append(value).append("\n");
    return text_answer(text + "body=" + request.body);
}

Router echo_router() {
    Router router;
    router.add("POST", "/echo", at_once(describe));
    router.add("GET", "/echo", at_once(describe));
    router.add("DELETE", "/echo", at_once(describe));
    router.add("GET", "/things/{id}/parts/{part}", at_once(describe));
    router.add("POST", "/body",
               at_once([](const ServerRequest& request) { return text_answer(request.body); }));
    return router;
}

std::string request_text(std::string_view method, std::string_view target,
                         std::string_view more_headers, std::string_view body) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: x\r\n");
    text.append(more_headers);
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text.append("\r\n").append(body);
    return text;
}

RunningFront::RunningFront(Setup setup) : address_(setup.address) {
    std::vector<Listener> listeners;
    listeners.push_back({.name = "test",
                         .address = setup.address,
                         .port = 0,
                         .router = std::move(setup.router),
                         .limits = setup.limits,
                         .refusal = std::move(setup.refusal),
                         .tls = std::move(setup.tls)});
    auto front = Front::open(
        std::move(listeners),
        {.clock = *setup.clock, .entropy = entropy_, .log = log_.log(), .tracer = setup.tracer});
    if (!front) throw std::runtime_error(front.error().message());
    front_ = *std::move(front);
    for (int i = 0; i < setup.threads; ++i) {
        threads_.emplace_back([this] { front_->run(); });
    }
}

RunningFront::~RunningFront() {
    destroy();
}

void RunningFront::join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void RunningFront::destroy() {
    if (!front_) return;
    front_->stop(std::chrono::milliseconds(0));
    join();
    front_.reset();
}

}  // namespace tollgate::transport::testing
