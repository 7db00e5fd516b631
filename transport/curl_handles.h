#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

namespace tollgate::transport {

// Ownership of libcurl's C handles.

struct EndEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlEasy = std::unique_ptr<CURL, EndEasy>;

struct EndMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using CurlMulti = std::unique_ptr<CURLM, EndMulti>;

struct EndUrl {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using CurlUrl = std::unique_ptr<CURLU, EndUrl>;

struct EndText {
    void operator()(char* text) const { curl_free(text); }
};
using CurlText = std::unique_ptr<char, EndText>;

// Header lines in order.
class CurlHeaders {
public:
    // False when there is no memory for it.
    bool add(const std::string& line) {
        curl_slist* const longer = curl_slist_append(first_.get(), line.c_str());
        if (longer == nullptr) return false;
        static_cast<void>(first_.release());
        first_.reset(longer);
        return true;
    }
    curl_slist* get() const { return first_.get(); }

private:
    struct End {
        void operator()(curl_slist* first) const { curl_slist_free_all(first); }
    };
    std::unique_ptr<curl_slist, End> first_;
};

}  // namespace tollgate::transport
