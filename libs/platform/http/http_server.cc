#include "libs/platform/http/http_server.h"

#include <array>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/http.hpp"
#include "libs/base/status.h"

namespace kontor::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using Handlers = std::map<std::string, Server::Handler>;

// What the connections share; used by the network thread only.
struct Shared {
  ServerOptions options;
  Handlers handlers;
  int connections = 0;
};

Response Answer(const Shared& shared, const beast::http::request<beast::http::empty_body>& request) {
  if (request.method() != beast::http::verb::get && request.method() != beast::http::verb::head) {
    return {405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
  }
  const std::string target(request.target());
  const auto found = shared.handlers.find(target.substr(0, target.find('?')));
  if (found == shared.handlers.end()) return {404, "text/plain; charset=utf-8", "no such page\n"};
  try {
    return found->second();
  } catch (const std::exception&) {
    return {500, "text/plain; charset=utf-8", "the page could not be made\n"};
  }
}

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }
  ~Connection() { --shared_.connections; }

  void Read(absl::Duration timeout) {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header_bytes));
    parser_->body_limit(uint64_t{0});
    stream_.expires_after(absl::ToChronoNanoseconds(timeout));
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, size_t) { self->OnRead(error); });
  }

 private:
  void OnRead(beast::error_code error) {
    if (!error) {
      Write(Answer(shared_, parser_->get()), parser_->get().keep_alive());
    } else if (error.category() == beast::http::make_error_code(beast::http::error::bad_version).category() &&
               error != beast::http::error::end_of_stream && error != beast::http::error::partial_message) {
      Write({400, "text/plain; charset=utf-8", "bad request\n"}, false);
    } else {
      Close();
    }
  }

  void Write(Response answer, bool keep_alive) {
    const bool head = parser_->get().method() == beast::http::verb::head;
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(beast::http::field::content_type, answer.content_type);
    response_.keep_alive(keep_alive);
    response_.content_length(answer.body.size());
    if (!head) response_.body() = std::move(answer.body);
    stream_.expires_after(absl::ToChronoNanoseconds(shared_.options.request_timeout));
    beast::http::async_write(stream_, response_,
                             [self = shared_from_this(), keep_alive](beast::error_code error, size_t) {
                               if (error || !keep_alive) {
                                 self->Close();
                               } else {
                                 self->Read(self->shared_.options.idle_timeout);
                               }
                             });
  }

  // Reads on for a while: a close with bytes unread would make the system throw the answer away.
  void Close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    Discard();
  }

  void Discard() {
    stream_.async_read_some(asio::buffer(discarded_), [self = shared_from_this()](beast::error_code error, size_t) {
      if (!error) self->Discard();
    });
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::array<char, 4096> discarded_;
  std::optional<beast::http::request_parser<beast::http::empty_body>> parser_;
  beast::http::response<beast::http::string_body> response_;
};

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(address, " is not host:port"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  beast::error_code error;
  const asio::ip::address parsed = asio::ip::make_address(host, error);
  if (error) return absl::InvalidArgumentError(absl::StrCat(host, " is not a literal address"));
  return tcp::endpoint(parsed, static_cast<uint16_t>(port));
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Handlers handlers) : shared_{options, std::move(handlers)} {}
  ~Impl() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen(const tcp::endpoint& endpoint) {
    beast::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return base::Error(absl::StatusCode::kFailedPrecondition, "PORT_IN_USE",
                         absl::StrCat("cannot listen on ", shared_.options.address, ": ", error.message()));
    }
    port = acceptor_.local_endpoint().port();
    Accept();
    thread_ = std::thread([this] { context_.run(); });
    return absl::OkStatus();
  }

  int port = 0;

 private:
  void Accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: the next attempt waits until some may be free.
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](beast::error_code) { Accept(); });
        return;
      }
      if (shared_.connections < shared_.options.max_connections) {
        std::make_shared<Connection>(std::move(socket), shared_)->Read(shared_.options.request_timeout);
      }
      Accept();
    });
  }

  Shared shared_;  // outlives the connections, which the context holds
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer retry_{context_};
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handlers handlers) {
  ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(options.address));
  auto impl = std::make_unique<Impl>(options, std::move(handlers));
  RETURN_IF_ERROR(impl->Listen(endpoint));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
int Server::port() const { return impl_->port; }

}  // namespace kontor::http
