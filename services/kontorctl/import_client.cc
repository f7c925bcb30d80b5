#include "services/kontorctl/import_client.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/config.h"
#include "libs/platform/runtime/errors.h"
#include "services/kontorctl/unit_source.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;

constexpr int kMaxUnits = 1'000;
constexpr int kMaxLines = 6'000;
constexpr size_t kWindow = 3;  // requests on their way
constexpr absl::Duration kPatience = absl::Minutes(1);

using OpenUnits = absl::StatusOr<std::unique_ptr<UnitSource>> (*)(const std::string&, const v1::ImportMapping&);

// One target of the mapping.
struct Pass {
  const char* target;
  OpenUnits open;
};

// "online-retail-orders-3f9a2b7c": readable, and another one for another file or mapping.
std::string ImportId(const std::string& path, const char* target, const std::string& checksums) {
  std::string id;
  for (const char c : std::filesystem::path(path).stem().string()) {
    id.push_back(absl::ascii_isalnum(c) ? absl::ascii_tolower(c) : '-');
  }
  if (id.empty() || !absl::ascii_islower(id[0])) id = absl::StrCat("f", id);
  return absl::StrCat(id.substr(0, 40), "-", target, "-", base::Sha256Hex(checksums).substr(0, 8));
}

absl::StatusOr<std::string> FileChecksum(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, "; check the path and its permissions"));
  }
  std::string chunk(4 << 20, '\0');
  std::string state;
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), file.gcount() > 0) {
    state = base::Sha256(absl::StrCat(state, absl::string_view(chunk.data(), static_cast<size_t>(file.gcount()))));
  }
  return base::Sha256Hex(state);
}

// Sends the units of one pass over one stream.
class Upload {
 public:
  Upload(const Session& session, const v1::Import& import, UnitSource& source)
      : import_(import), source_(source), stub_(v1::ImportService::NewStub(session.channel("ingest"))) {
    runtime::PrepareCall(context_, session.key(), absl::Hours(24));
    stream_ = stub_->UploadUnits(&context_);
  }

  // Until the end of the file or of the stream. The error is the server's.
  absl::Status Run(const std::function<void(const v1::UploadUnitsResponse&, int64_t rows, double share)>& progress) {
    bool last = false;
    while (!last || !waiting_.empty()) {
      if (!last && waiting_.size() < kWindow) {
        v1::UploadUnitsRequest request;
        last = !Fill(request);
        request.set_last(last);
        waiting_.emplace_back(request.rows_read(), source_.share_read());
        if (stream_->Write(request)) continue;
        break;
      }
      v1::UploadUnitsResponse response;
      if (!stream_->Read(&response)) break;
      progress(response, waiting_.front().first, waiting_.front().second);
      waiting_.pop_front();
    }
    stream_->WritesDone();
    v1::UploadUnitsResponse rest;
    while (stream_->Read(&rest)) {
    }
    const grpc::Status status = stream_->Finish();
    return status.ok() ? absl::OkStatus() : runtime::FromGrpc(status);
  }

 private:
  // False when the file has ended. Units that an earlier run committed are passed over.
  bool Fill(v1::UploadUnitsRequest& request) {
    request.set_name(import_.name());
    int lines = 0;
    v1::ImportUnit unit;
    while (request.units_size() < kMaxUnits && lines < kMaxLines) {
      if (!source_.Next(unit)) {
        request.set_rows_read(source_.rows_read());
        if (request.units().empty()) request.set_first_unit(std::max(units_, import_.committed_units()) + 1);
        return false;
      }
      if (++units_ <= import_.committed_units()) continue;
      if (request.units().empty()) request.set_first_unit(units_);
      lines += unit.lines_size();
      *request.add_units() = std::move(unit);
    }
    request.set_rows_read(source_.rows_read());
    return true;
  }

  const v1::Import& import_;
  UnitSource& source_;
  std::unique_ptr<v1::ImportService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::UploadUnitsRequest, v1::UploadUnitsResponse>> stream_;
  int64_t units_ = 0;
  std::deque<std::pair<int64_t, double>> waiting_;
};

bool WorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status);
}

absl::StatusOr<v1::Import> RunPass(const Session& session, const std::string& path, const v1::ImportMapping& mapping,
                                   const Pass& pass, std::unique_ptr<UnitSource> source, const std::string& file_sha,
                                   const std::function<void(const ImportStanding&)>& progress) {
  v1::CreateImportRequest create;
  create.set_parent(session.shop());
  create.mutable_import()->set_file_name(std::filesystem::path(path).filename().string());
  create.mutable_import()->set_file_sha256(file_sha);
  create.mutable_import()->set_mapping_sha256(base::Sha256Hex(mapping.SerializeAsString()));
  create.set_import_id(ImportId(path, pass.target, absl::StrCat(file_sha, create.import().mapping_sha256())));
  ImportStanding standing;
  standing.what = absl::StrCat(create.import().file_name(), " ", pass.target);

  absl::Time give_up = absl::Now() + kPatience;
  bool sent_all = false;
  for (;;) {
    absl::StatusOr<v1::Import> import = session.CreateImport(create);
    absl::Status status = import.status();
    if (import.ok()) {
      if (sent_all || import->state() == v1::Import::STATE_DONE) return import;
      if (source == nullptr) {
        ASSIGN_OR_RETURN(source, pass.open(path, mapping));
      }
      status = Upload(session, *import, *source)
                   .Run([&](const v1::UploadUnitsResponse& response, int64_t rows, double share) {
                     give_up = absl::Now() + kPatience;
                     standing.rows_read = rows;
                     standing.share = share;
                     standing.refused_rows = response.refused_rows();
                     progress(standing);
                   });
      source = nullptr;
      sent_all = status.ok();
      if (sent_all) continue;
    }
    if (!WorthAnotherTry(status)) return status;
    if (absl::Now() > give_up) {
      return base::Annotate(status, "the import stopped; run the same command again to go on where it stands");
    }
    absl::SleepFor(absl::Milliseconds(500));
  }
}

}  // namespace

absl::StatusOr<v1::ImportMapping> LoadMapping(const std::string& path) {
  v1::ImportMapping mapping;
  RETURN_IF_ERROR(runtime::LoadConfigInto(path, mapping));
  return mapping;
}

absl::StatusOr<std::vector<v1::Import>> ImportFile(const Session& session, const std::string& path,
                                                   const v1::ImportMapping& mapping,
                                                   const std::function<void(const ImportStanding&)>& progress) {
  std::vector<Pass> passes;
  if (mapping.has_products()) passes.push_back({"products", OpenProducts});
  if (mapping.has_orders()) passes.push_back({"orders", OpenOrders});
  if (mapping.has_behavior()) passes.push_back({"behavior", OpenBehavior});
  if (passes.empty()) {
    return absl::InvalidArgumentError("the mapping names neither products nor orders nor behavior");
  }
  // Everything that is wrong with the mapping is told before the first row is sent.
  std::vector<std::unique_ptr<UnitSource>> sources;
  for (const Pass& pass : passes) {
    ASSIGN_OR_RETURN(sources.emplace_back(), pass.open(path, mapping));
  }
  ASSIGN_OR_RETURN(const std::string file_sha, FileChecksum(path));
  std::vector<v1::Import> imports;
  for (size_t i = 0; i < passes.size(); ++i) {
    ASSIGN_OR_RETURN(v1::Import import,
                     RunPass(session, path, mapping, passes[i], std::move(sources[i]), file_sha, progress));
    imports.push_back(std::move(import));
  }
  return imports;
}

}  // namespace kontor::ctl
