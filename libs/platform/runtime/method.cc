#include "libs/platform/runtime/method.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/message.h"
#include "kontor/type/v1/access.pb.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"

namespace kontor::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// The names of the codes as the gRPC ecosystem's metrics spell them, by number.
constexpr std::array<const char*, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

const FieldDescriptor* StringField(const Descriptor& message, const char* name) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return nullptr;
  return field;
}

const char* TypeName(Server::Kind kind) {
  switch (kind) {
    case Server::Kind::kUnary:
      return "unary";
    case Server::Kind::kServerStream:
      return "server_stream";
    case Server::Kind::kClientStream:
      return "client_stream";
    case Server::Kind::kBidiStream:
      return "bidi_stream";
  }
  return "";
}

Server::Kind KindOf(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? Server::Kind::kBidiStream : Server::Kind::kClientStream;
  }
  return method.server_streaming() ? Server::Kind::kServerStream : Server::Kind::kUnary;
}

std::vector<type::v1::Role> AllowedRoles(const MethodDescriptor& method) {
  std::vector<type::v1::Role> roles;
  for (int i = 0; i < method.options().ExtensionSize(type::v1::allowed_roles); ++i) {
    const type::v1::Role role = method.options().GetExtension(type::v1::allowed_roles, i);
    if (role != type::v1::ROLE_UNSPECIFIED) roles.push_back(role);
  }
  return roles;
}

absl::Status CheckHandler(absl::string_view name, const Server::Handler& handler, const MethodDescriptor& method) {
  if (KindOf(method) != handler.kind) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is ", TypeName(KindOf(method)), " but was registered as ", TypeName(handler.kind)));
  }
  if (handler.request->GetDescriptor() != method.input_type() ||
      handler.response->GetDescriptor() != method.output_type()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " takes ", method.input_type()->full_name(), " and returns ", method.output_type()->full_name(), ", not ",
        handler.request->GetTypeName(), " and ", handler.response->GetTypeName()));
  }
  if (handler.options.inline_ok && handler.kind != Server::Kind::kUnary) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": only unary methods can be inline"));
  }
  return absl::OkStatus();
}

}  // namespace

ShopField ShopField::Of(const Descriptor& request) {
  ShopField found;
  for (const char* name : {"parent", "name", "shop"}) {
    found.leaf_ = StringField(request, name);
    if (found.exists()) return found;
  }
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor* field = request.field(i);
    if (field->is_repeated() || field->message_type() == nullptr) continue;
    const FieldDescriptor* leaf = StringField(*field->message_type(), "name");
    if (leaf == nullptr) continue;
    if (found.exists()) return ShopField();
    found.outer_ = field;
    found.leaf_ = leaf;
  }
  return found;
}

const std::string& ShopField::Text(const Message& request, std::string* scratch) const {
  const Message& holder = outer_ == nullptr ? request : request.GetReflection()->GetMessage(request, outer_);
  return holder.GetReflection()->GetStringReference(holder, leaf_, scratch);
}

absl::StatusOr<std::string> ShopField::Read(const Message& request) const {
  std::string scratch;
  absl::StatusOr<std::string> shop = base::ShopOfName(Text(request, &scratch));
  if (shop.ok()) return shop;
  base::Violations violations;
  const std::string field = outer_ == nullptr ? leaf_->name() : absl::StrCat(outer_->name(), ".", leaf_->name());
  violations.Add(field, "BAD_RESOURCE_NAME", "must be a resource name that starts with shops/{shop}");
  return violations.ToStatus();
}

bool ShopField::IsEmpty(const Message& request) const {
  std::string scratch;
  return Text(request, &scratch).empty();
}

MethodMetrics::MethodMetrics(Metrics& metrics, const std::string& service, const std::string& method,
                             const std::string& type)
    : started_(metrics.counter("grpc_server_started_total", "RPCs started on the server.",
                               {{"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}})),
      received_(metrics.counter("grpc_server_msg_received_total", "Messages received from callers.",
                                {{"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}})),
      sent_(metrics.counter("grpc_server_msg_sent_total", "Messages sent to callers.",
                            {{"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}})),
      seconds_(metrics.histogram("grpc_server_handling_seconds", "Time from an RPC's arrival to its end.",
                                 {{"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}})) {
  for (const char* code : kCodeNames) {
    handled_.push_back(metrics.counter(
        "grpc_server_handled_total", "RPCs ended on the server, whatever their code.",
        {{"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}, {"grpc_code", code}}));
  }
}

void MethodMetrics::Handled(int grpc_code, absl::Duration took) const {
  const size_t index = grpc_code >= 0 && static_cast<size_t>(grpc_code) < handled_.size() ? grpc_code : 2;
  handled_[index].Add();
  seconds_.Observe(absl::ToDoubleSeconds(took));
}

absl::StatusOr<Method> MakeMethod(absl::string_view full_name, Server::Handler handler, Metrics& metrics) {
  const MethodDescriptor* descriptor =
      DescriptorPool::generated_pool()->FindMethodByName(absl::StrReplaceAll(full_name, {{"/", "."}}));
  if (descriptor == nullptr || !absl::StrContains(full_name, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat(full_name, " is no method of a linked proto; write package.Service/Method"));
  }
  RETURN_IF_ERROR(CheckHandler(full_name, handler, *descriptor));
  std::vector<type::v1::Role> roles = AllowedRoles(*descriptor);
  if (roles.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(full_name, " says nobody may call it: add option (kontor.type.v1.allowed_roles) to its proto"));
  }
  const ShopField shop = ShopField::Of(*descriptor->input_type());
  if (!shop.exists() && !handler.options.without_shop) {
    return absl::InvalidArgumentError(absl::StrCat(full_name, ": ", descriptor->input_type()->full_name(),
                                                   " has no field parent, name or shop that names its shop; add "
                                                   "one, or register it with MethodOptions::without_shop"));
  }
  const Server::Kind kind = handler.kind;
  return Method{std::string(full_name), std::move(handler), std::move(roles), shop,
                MethodMetrics(metrics, descriptor->service()->full_name(), descriptor->name(), TypeName(kind))};
}

}  // namespace kontor::runtime
