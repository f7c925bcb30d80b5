#include "libs/platform/runtime/reflection.h"

#include <algorithm>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/errors.h"

namespace kontor::runtime {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;

constexpr char kInfo[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// A message of the reflection protocol. Debian ships its code in a library without headers: it is reached by name.
std::unique_ptr<Message> NewMessage(const char* name) {
  const auto* type =
      DescriptorPool::generated_pool()->FindMessageTypeByName(absl::StrCat("grpc.reflection.v1alpha.", name));
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

const FieldDescriptor* Field(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

// Sends the operations of one call on a queue and waits for each.
class BlockingCall {
 public:
  BlockingCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& path, int timeout_ms)
      : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
    stream_ = stub_.PrepareCall(&context_, path, &queue_);
    stream_->StartCall(Tag());
    Next();
  }
  ~BlockingCall() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const std::string& bytes) {
    stream_->Write(BufferOf(bytes), Tag());
    return Next();
  }
  bool Read(std::string& bytes) {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, Tag());
    if (!Next()) return false;
    bytes = BytesOf(buffer);
    return true;
  }
  absl::Status Finish() {
    stream_->WritesDone(Tag());
    Next();
    std::string rest;
    while (Read(rest)) {
    }
    grpc::Status status;
    stream_->Finish(&status, Tag());
    Next();
    return FromGrpc(status);
  }

 private:
  void* Tag() { return this; }
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

absl::StatusOr<std::unique_ptr<Message>> Ask(BlockingCall& call, const char* field, const std::string& value) {
  std::unique_ptr<Message> request = NewMessage("ServerReflectionRequest");
  request->GetReflection()->SetString(request.get(), Field(*request, field), value);
  std::unique_ptr<Message> response = NewMessage("ServerReflectionResponse");
  std::string bytes;
  if (!call.Write(request->SerializeAsString()) || !call.Read(bytes) || !response->ParseFromString(bytes)) {
    const absl::Status status = call.Finish();
    return status.ok() ? absl::InternalError("the reflection service answered nothing") : status;
  }
  return response;
}

std::vector<std::string> ServicesOf(const Message& response) {
  const Message& list = response.GetReflection()->GetMessage(response, Field(response, "list_services_response"));
  const FieldDescriptor* services = Field(list, "service");
  std::vector<std::string> names;
  for (int i = 0; i < list.GetReflection()->FieldSize(list, services); ++i) {
    const Message& service = list.GetReflection()->GetRepeatedMessage(list, services, i);
    names.push_back(service.GetReflection()->GetString(service, Field(service, "name")));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void AddMethods(const Message& response, const std::string& service, std::vector<ReflectedMethod>& methods) {
  const Message& files = response.GetReflection()->GetMessage(response, Field(response, "file_descriptor_response"));
  const FieldDescriptor* bytes = Field(files, "file_descriptor_proto");
  for (int i = 0; i < files.GetReflection()->FieldSize(files, bytes); ++i) {
    FileDescriptorProto file;
    file.ParseFromString(files.GetReflection()->GetRepeatedString(files, bytes, i));
    for (const auto& candidate : file.service()) {
      if (absl::StrCat(file.package(), ".", candidate.name()) != service) continue;
      for (const auto& method : candidate.method()) {
        methods.push_back(
            {absl::StrCat(service, "/", method.name()), method.client_streaming(), method.server_streaming()});
      }
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<ReflectedMethod>> ListMethods(const std::shared_ptr<grpc::Channel>& admin) {
  BlockingCall call(admin, kInfo, 10'000);
  ASSIGN_OR_RETURN(const std::unique_ptr<Message> list, Ask(call, "list_services", "*"));
  std::vector<ReflectedMethod> methods;
  for (const std::string& service : ServicesOf(*list)) {
    if (absl::StartsWith(service, "grpc.")) continue;
    ASSIGN_OR_RETURN(const std::unique_ptr<Message> files, Ask(call, "file_containing_symbol", service));
    AddMethods(*files, service, methods);
  }
  RETURN_IF_ERROR(call.Finish());
  return methods;
}

absl::Status CallWithoutKey(const std::shared_ptr<grpc::Channel>& channel, const ReflectedMethod& method,
                            const std::string& request_bytes, int timeout_ms) {
  BlockingCall call(channel, absl::StrCat("/", method.full_name), timeout_ms);
  call.Write(request_bytes);
  return call.Finish();
}

}  // namespace kontor::runtime
