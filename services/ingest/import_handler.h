#pragma once

#include "kontor/ingest/v1/ingest_service.pb.h"
#include "libs/platform/runtime/server.h"
#include "services/ingest/import_store.h"
#include "services/ingest/intake.h"

namespace kontor::ingest {

// kontor.ingest.v1.ImportService: one function per RPC.
class ImportHandler {
 public:
  ImportHandler(Intake& intake, ImportStore& store, const base::Clock& clock)
      : intake_(intake), store_(store), clock_(clock) {}

  absl::StatusOr<kontor::ingest::v1::Import> CreateImport(const runtime::CallContext& call,
                                                          const kontor::ingest::v1::CreateImportRequest& request);
  absl::StatusOr<kontor::ingest::v1::Import> GetImport(const runtime::CallContext& call,
                                                       const kontor::ingest::v1::GetImportRequest& request);
  absl::StatusOr<kontor::ingest::v1::ListImportsResponse> ListImports(
      const runtime::CallContext& call, const kontor::ingest::v1::ListImportsRequest& request);
  absl::StatusOr<kontor::ingest::v1::ListImportErrorsResponse> ListImportErrors(
      const runtime::CallContext& call, const kontor::ingest::v1::ListImportErrorsRequest& request);
  absl::Status UploadUnits(const runtime::CallContext& call,
                           runtime::Reader<kontor::ingest::v1::UploadUnitsRequest>& reader,
                           runtime::Writer<kontor::ingest::v1::UploadUnitsResponse>& writer);

 private:
  absl::StatusOr<kontor::ingest::v1::Import> Upload(const runtime::CallContext& call, const std::string& id,
                                                    const kontor::ingest::v1::Import& import,
                                                    const kontor::ingest::v1::UploadUnitsRequest& request);

  Intake& intake_;
  ImportStore& store_;
  const base::Clock& clock_;
};

}  // namespace kontor::ingest
