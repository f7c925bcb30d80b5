#include "libs/platform/runtime/update_mask.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::set<std::string> AllBut(const std::set<std::string>& kept, const Descriptor& descriptor) {
  std::set<std::string> paths;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    if (!kept.contains(descriptor.field(i)->name())) paths.insert(descriptor.field(i)->name());
  }
  return paths;
}

void ClearOneofs(Message& message) {
  const Descriptor* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->real_oneof_decl_count(); ++i) {
    message.GetReflection()->ClearOneof(&message, descriptor->oneof_decl(i));
  }
}

}  // namespace

absl::Status TakeOver(const Message& from, const google::protobuf::FieldMask& mask, const std::set<std::string>& kept,
                      Message& into) {
  const Descriptor* descriptor = from.GetDescriptor();
  const google::protobuf::Reflection* reflection = from.GetReflection();
  std::set<std::string> paths(mask.paths().begin(), mask.paths().end());
  if (paths.empty() || paths == std::set<std::string>{"*"}) {
    paths = AllBut(kept, *descriptor);
    ClearOneofs(into);
  }
  const std::unique_ptr<Message> copy(from.New());
  copy->CopyFrom(from);
  base::Violations violations;
  for (const std::string& path : paths) {
    const FieldDescriptor* field = descriptor->FindFieldByName(path);
    if (field == nullptr || kept.contains(path)) {
      violations.Add("update_mask", "FIELD_UNKNOWN",
                     absl::StrCat("\"", path, "\" is no field of ", descriptor->name(), " that can be set"));
      continue;
    }
    if (field->real_containing_oneof() != nullptr && !reflection->HasField(from, field)) {
      if (reflection->HasField(into, field)) reflection->ClearField(&into, field);
      continue;
    }
    reflection->SwapFields(copy.get(), &into, {field});
  }
  return violations.ToStatus();
}

}  // namespace kontor::runtime
