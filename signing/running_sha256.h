#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace tollgate::signing {

// SHA-256 over what comes in pieces.
class RunningSha256 {
public:
    RunningSha256();
    ~RunningSha256();

    void add(std::string_view bytes);
    // 64 lower-case hexadecimal digits. Call once.
    std::string hex();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace tollgate::signing
