#include "libs/platform/opensearch/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/platform/opensearch/error.h"

namespace kontor::opensearch {
namespace {

constexpr size_t kAnswerBytesMax = 256 << 20;
constexpr absl::Duration kConnectPatience = absl::Seconds(2);

struct Answer {
  std::string body;
  bool too_large = false;
};

size_t Receive(char* data, size_t size, size_t count, void* into) {
  auto& answer = *static_cast<Answer*>(into);
  answer.too_large = answer.body.size() + size * count > kAnswerBytesMax;
  if (answer.too_large) return 0;
  answer.body.append(data, size * count);
  return size * count;
}

absl::StatusCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_UNSUPPORTED_PROTOCOL:  // what answers is no HTTP
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

// What to look at, where the cause is likely one of configuration; `said` is curl's sentence.
std::string Explained(CURLcode code, absl::string_view said, const ClientOptions& options) {
  const bool tls = absl::StartsWith(options.url, "https://");
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return absl::StrCat("the certificate of ", options.url, " is not accepted: ", said,
                          " (trusted: ", options.ca_file.empty() ? "the system's authorities" : options.ca_file, ")");
    case CURLE_SSL_CONNECT_ERROR:
      return absl::StrCat("no TLS with ", options.url, ": ", said, "; is it an http:// address?");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return tls ? std::string(said) : absl::StrCat(options.url, ": ", said, "; is it an https:// address?");
    default:
      return std::string(said);
  }
}

bool HoldsCertificates(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return absl::StrContains(text.str(), "CERTIFICATE-----");
}

bool IsLines(absl::string_view path) {
  path = path.substr(0, path.find('?'));
  return absl::EndsWith(path, "_bulk") || absl::EndsWith(path, "_msearch");
}

absl::Status DeadlinePassed() { return absl::DeadlineExceededError("OpenSearch: the deadline has passed"); }

}  // namespace

// A connection that is kept, and the options that every request shares.
class Client::Handle {
 public:
  explicit Handle(const ClientOptions& options) : options_(options) {
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    Set(CURLOPT_TCP_NODELAY, 1L);
    Set(CURLOPT_TCP_KEEPALIVE, 1L);
    Set(CURLOPT_ACCEPT_ENCODING, nullptr);
    Set(CURLOPT_WRITEFUNCTION, &Receive);
    Set(CURLOPT_ERRORBUFFER, error_);
    if (!options.ca_file.empty()) {
      Set(CURLOPT_CAINFO, options.ca_file.c_str());
      Set(CURLOPT_CAPATH, nullptr);  // otherwise the system's folder is trusted, too
    }
    if (!options.user.empty()) {
      Set(CURLOPT_HTTPAUTH, long{CURLAUTH_BASIC});
      Set(CURLOPT_USERNAME, options.user.c_str());
      Set(CURLOPT_PASSWORD, options.password.c_str());
    }
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(easy_); }

  absl::StatusOr<std::string> Send(absl::string_view method, absl::string_view path, absl::string_view body,
                                   absl::Time deadline) {
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0) return DeadlinePassed();
    const int64_t left_max = std::numeric_limits<int32_t>::max();
    const std::string method_text(method), address = absl::StrCat(options_.url, path);
    Answer answer;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
        curl_slist_append(nullptr,
                          IsLines(path) ? "Content-Type: application/x-ndjson" : "Content-Type: application/json"),
        curl_slist_free_all);
    curl_slist_append(headers.get(), "Expect:");
    Set(CURLOPT_URL, address.c_str());
    Set(CURLOPT_CUSTOMREQUEST, method_text.c_str());
    Set(CURLOPT_HTTPHEADER, headers.get());
    Set(CURLOPT_WRITEDATA, &answer);
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::min(left, left_max)));
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(kConnectPatience)));
    if (body.empty() && method != "POST") {
      Set(CURLOPT_HTTPGET, 1L);  // no body; the method stays the one above
    } else {
      Set(CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
      Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    }
    error_[0] = '\0';
    const CURLcode code = curl_easy_perform(easy_);
    if (answer.too_large) return absl::InternalError("OpenSearch: the answer is larger than 256 MiB");
    if (code != CURLE_OK) {
      const char* said = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
      return absl::Status(NeverConnected(code, left) ? absl::StatusCode::kUnavailable : CodeOf(code),
                          absl::StrCat("OpenSearch: ", Explained(code, said, options_)));
    }
    long http = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &http);
    if (http >= 200 && http < 300) return std::move(answer.body);
    return StatusOfAnswer(http, answer.body);
  }

 private:
  // Whether time ran out, not the caller's, before a request could be sent.
  bool NeverConnected(CURLcode code, int64_t left_ms) const {
    curl_off_t connected_us = 0;
    curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    return code == CURLE_OPERATION_TIMEDOUT && connected_us == 0 && absl::Milliseconds(left_ms) > kConnectPatience;
  }
  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  const ClientOptions& options_;  // of the client, which keeps the handles
  CURL* const easy_ = curl_easy_init();
  char error_[CURL_ERROR_SIZE] = {};
};

Client::Client(ClientOptions options) : options_(std::move(options)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Create(const ClientOptions& options) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return absl::InternalError(curl_easy_strerror(started));
  ClientOptions checked = options;
  const absl::string_view url = absl::StripSuffix(options.url, "/");
  checked.url = std::string(url);
  if (absl::StrContains(url, '@')) {
    return absl::InvalidArgumentError("the address holds a user or a password: give them apart from it");
  }
  if (!(absl::StartsWith(url, "http://") && url.size() > 7) && !(absl::StartsWith(url, "https://") && url.size() > 8)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", url, "\" is no http:// or https:// address"));
  }
  if (!options.ca_file.empty() && !HoldsCertificates(options.ca_file)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", options.ca_file, "\" holds no certificates (PEM)"));
  }
  if (options.max_connections < 1) return absl::InvalidArgumentError("max_connections must be positive");
  return absl::WrapUnique(new Client(std::move(checked)));
}

absl::StatusOr<std::unique_ptr<Client::Handle>> Client::Take(absl::Time deadline) const {
  base::MutexLock lock(mutex_);
  while (taken_ >= options_.max_connections) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return DeadlinePassed();
    returned_.WaitFor(mutex_, std::min(left, absl::Seconds(1)));
  }
  ++taken_;
  if (idle_.empty()) return std::make_unique<Handle>(options_);
  std::unique_ptr<Handle> handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void Client::GiveBack(std::unique_ptr<Handle> handle) const {
  {
    base::MutexLock lock(mutex_);
    --taken_;
    idle_.push_back(std::move(handle));
  }
  returned_.NotifyOne();
}

absl::StatusOr<std::string> Client::Send(absl::string_view method, absl::string_view path, absl::string_view body,
                                         absl::Time deadline) const {
  ASSIGN_OR_RETURN(std::unique_ptr<Handle> handle, Take(deadline));
  absl::StatusOr<std::string> answer = handle->Send(method, path, body, deadline);
  GiveBack(std::move(handle));
  return answer;
}

std::string EscapePath(absl::string_view part) {
  std::string escaped;
  for (const char c : part) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-_.~", absl::string_view(&c, 1))) {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace kontor::opensearch
