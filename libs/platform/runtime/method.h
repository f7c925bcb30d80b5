#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "libs/platform/runtime/metrics.h"
#include "libs/platform/runtime/server.h"

namespace kontor::runtime {

// Where a request names its shop: the string field `parent`, `name` or `shop`, the first of them that exists, or, for
// AIP-134 updates, `name` of its only message field that has one.
class ShopField {
 public:
  // A field that does not exist when the request has none.
  static ShopField Of(const google::protobuf::Descriptor& request);

  bool exists() const { return leaf_ != nullptr; }
  // INVALID_ARGUMENT (a violation of the field, BAD_RESOURCE_NAME) when it holds no name below a shop.
  absl::StatusOr<std::string> Read(const google::protobuf::Message& request) const;
  bool IsEmpty(const google::protobuf::Message& request) const;

 private:
  const std::string& Text(const google::protobuf::Message& request, std::string* scratch) const;

  const google::protobuf::FieldDescriptor* outer_ = nullptr;
  const google::protobuf::FieldDescriptor* leaf_ = nullptr;
};

// The metrics of one method, under the names that go-grpc-prometheus made common.
class MethodMetrics {
 public:
  MethodMetrics(Metrics& metrics, const std::string& service, const std::string& method, const std::string& type);

  void Started() const { started_.Add(); }
  void Received() const { received_.Add(); }
  void Sent() const { sent_.Add(); }
  void Handled(int grpc_code, absl::Duration took) const;

 private:
  Counter started_;
  Counter received_;
  Counter sent_;
  Histogram seconds_;
  std::vector<Counter> handled_;  // by code
};

// A registered handler with all that its descriptor says.
struct Method {
  std::string full_name;
  Server::Handler handler;
  std::vector<type::v1::Role> allowed_roles;
  ShopField shop_field;
  MethodMetrics metrics;
  size_t lane = 0;  // of the pool: methods of one package share it

  bool reads_stream() const {
    return handler.kind == Server::Kind::kClientStream || handler.kind == Server::Kind::kBidiStream;
  }
  bool writes_stream() const {
    return handler.kind == Server::Kind::kServerStream || handler.kind == Server::Kind::kBidiStream;
  }
  bool is_stream() const { return handler.kind != Server::Kind::kUnary; }
};

// Checks a registration against the generated descriptors; INVALID_ARGUMENT says what is wrong with it.
absl::StatusOr<Method> MakeMethod(absl::string_view full_name, Server::Handler handler, Metrics& metrics);

}  // namespace kontor::runtime
