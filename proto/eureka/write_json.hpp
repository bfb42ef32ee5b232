#pragma once

#include "proto/eureka/write.hpp"

// The JSON half of write.hpp, which sorts the calls by format.
namespace muster::eureka::json {

void write_instance(std::string& out, const InstanceOut& instance, Shape shape);
void write_single(std::string& out, const InstanceOut& instance);
void open_list(std::string& out, std::string_view version, std::string_view hash, Shape shape);
void close_list(std::string& out, std::string_view version, std::string_view hash, Shape shape);
void open_application(std::string& out, std::string_view app);
void close_application(std::string& out);
void open_application_document(std::string& out, std::string_view app);
void close_application_document(std::string& out);

}  // namespace muster::eureka::json
