#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "running_front.h"

namespace tollgate::transport::testing {

// Keeps the tickets that handlers hand over, as the ledger's writer does.
class Shelf {
public:
    Handler handler() {
        return [this](ServerRequest& request, Ticket ticket) {
            const std::lock_guard lock(mutex_);
            bodies_.push_back(request.body);
            tickets_.push_back(std::move(ticket));
        };
    }
    bool holds(std::size_t count) {
        return becomes_true([this, count] {
            const std::lock_guard lock(mutex_);
            return tickets_.size() == count;
        });
    }
    Ticket take() {
        const std::lock_guard lock(mutex_);
        Ticket ticket = std::move(tickets_.front());
        tickets_.erase(tickets_.begin());
        return ticket;
    }
    void drop_all() {
        std::vector<Ticket> dropped;
        const std::lock_guard lock(mutex_);
        dropped.swap(tickets_);
    }

private:
    std::mutex mutex_;
    std::vector<Ticket> tickets_;
    std::vector<std::string> bodies_;
};

// Holds handlers until it is opened.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++held_;
        opened_.wait(lock, [this] { return is_open_; });
    }
    bool holds(int count) {
        return becomes_true([this, count] {
            const std::lock_guard lock(mutex_);
            return held_ == count;
        });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        opened_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    int held_ = 0;
    bool is_open_ = false;
};

}  // namespace tollgate::transport::testing
