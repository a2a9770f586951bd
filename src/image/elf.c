/*
 * ELF (System V gABI, chapter 5): the loadable segments at their physical addresses, as a
 * programmer sees them. libelf takes care of word size and byte order.
 *
 * AVR's tools give each memory a part of the address space (GNU ld, avr.sc; avr-libc, "Memory
 * Sections"): flash from 0, and from 0x800000 RAM, 0x810000 EEPROM, 0x820000 fuses, 0x830000 lock
 * bits, 0x840000 the signature of the chip, which is a statement and not data to be written.
 */
#include "base/bytes.h"
#include "image/image.h"

#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <string.h>

#define ELF_AVR_SPACES 0x800000u
#define ELF_AVR_END 0x850000u
#define ELF_AVR_SPACE_LEN 0x10000u
#define ELF_AVR_SIGNATURE 0x840000u
#define ELF_AVR_SIGNATURE_LEN 3

struct elf_file {
	Elf *elf;
	const char *name;
	const uint8_t *data;
	size_t len;
	GElf_Ehdr ehdr;
	struct fm_image *image;
};

/* Where an AVR address from 0x800000 on lies. The signature is not one of them. */
static const struct elf_avr_space {
	enum fm_space space;
	uint32_t addr;
} elf_avr_spaces[] = {
	{ FM_SPACE_RAM, 0 },
	{ FM_SPACE_EEPROM, 0 },
	{ FM_SPACE_FUSE, 0 },
	{ FM_SPACE_FUSE, 0x10000 },
};

static int elf_recognise(const uint8_t *data, size_t len)
{
	return len >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0 ? 100 : 0;
}

static bool elf_avr_signature(struct elf_file *file, const uint8_t *data, size_t len,
			      struct fm_error *err)
{
	uint8_t signature[ELF_AVR_SIGNATURE_LEN];

	if (len != sizeof(signature))
		return fm_fail(err, FM_FILE_FORMAT, "the chip's signature has %zu bytes, not 3",
			       len);
	/* avr/signature.h stores the last byte first. */
	for (size_t i = 0; i < sizeof(signature); i++)
		signature[i] = data[sizeof(signature) - 1 - i];
	fm_bytes_to_hex(signature, sizeof(signature), file->image->chip_id);
	return true;
}

static bool elf_avr_add(struct elf_file *file, uint64_t addr, const uint8_t *data, size_t len,
			struct fm_error *err)
{
	const struct elf_avr_space *space;
	uint64_t offset = addr % ELF_AVR_SPACE_LEN;

	if (addr >= ELF_AVR_END)
		return fm_fail(err, FM_FILE_FORMAT, "an AVR has no memory at 0x%" PRIx64, addr);
	if (len > ELF_AVR_SPACE_LEN - offset)
		return fm_fail(err, FM_FILE_FORMAT,
			       "%zu bytes at 0x%" PRIx64 " leave that memory of an AVR", len, addr);
	if (addr >= ELF_AVR_SIGNATURE)
		return elf_avr_signature(file, data, len, err);
	space = &elf_avr_spaces[(addr - ELF_AVR_SPACES) / ELF_AVR_SPACE_LEN];
	return fm_image_add(file->image, space->space, space->addr + offset, data, len, err);
}

/*
 * Linkers may put the ELF header itself into the first segment, ahead of the first section and
 * below the memory's start; it is not to be written. Returns how much of the segment to leave out.
 */
static uint64_t elf_header_len(const struct elf_file *file, const GElf_Phdr *phdr)
{
	uint64_t first = phdr->p_offset + phdr->p_filesz;
	Elf_Scn *section = NULL;
	size_t sections = 0;

	if (phdr->p_offset >= file->ehdr.e_ehsize)
		return 0;
	while ((section = elf_nextscn(file->elf, section)) != NULL) {
		GElf_Shdr shdr;

		if (!gelf_getshdr(section, &shdr))
			break;
		sections++;
		if ((shdr.sh_flags & SHF_ALLOC) && shdr.sh_type != SHT_NOBITS && shdr.sh_size > 0 &&
		    shdr.sh_offset >= phdr->p_offset && shdr.sh_offset < first)
			first = shdr.sh_offset;
	}
	return sections > 0 ? first - phdr->p_offset : 0;
}

static bool elf_segment(struct elf_file *file, const GElf_Phdr *phdr, struct fm_error *err)
{
	uint64_t skip, addr;
	const uint8_t *data;
	size_t len;

	if (phdr->p_offset > file->len || phdr->p_filesz > file->len - phdr->p_offset)
		return fm_fail(err, FM_FILE_FORMAT,
			       "its %" PRIu64 " bytes at offset 0x%" PRIx64
			       " lie behind the end: the file is cut",
			       phdr->p_filesz, phdr->p_offset);
	skip = elf_header_len(file, phdr);
	data = file->data + phdr->p_offset + skip;
	len = (size_t)(phdr->p_filesz - skip);
	addr = phdr->p_paddr + skip;
	if (addr < skip)
		return fm_fail(err, FM_FILE_FORMAT, "its address 0x%" PRIx64 " wraps around",
			       phdr->p_paddr);
	if (len > 0 && file->ehdr.e_machine == EM_AVR && addr >= ELF_AVR_SPACES)
		return elf_avr_add(file, addr, data, len, err);
	return fm_image_add(file->image, FM_SPACE_FLASH, addr, data, len, err);
}

static bool elf_segments(struct elf_file *file, struct fm_error *err)
{
	const GElf_Ehdr *ehdr = &file->ehdr;

	/* libelf takes a table that does not fit for an empty one. */
	if (ehdr->e_phoff > file->len ||
	    (size_t)ehdr->e_phnum * ehdr->e_phentsize > file->len - ehdr->e_phoff)
		return fm_fail(err, FM_FILE_FORMAT,
			       "%s: offset 0x%" PRIx64
			       ": the table of segments lies behind the end: the file is cut",
			       file->name, ehdr->e_phoff);
	for (size_t i = 0; i < ehdr->e_phnum; i++) {
		uint64_t offset = ehdr->e_phoff + i * ehdr->e_phentsize;
		GElf_Phdr phdr;

		if (!gelf_getphdr(file->elf, (int)i, &phdr))
			return fm_fail(err, FM_FILE_FORMAT,
				       "%s: offset 0x%" PRIx64 ": program header %zu: %s",
				       file->name, offset, i, elf_errmsg(-1));
		if (phdr.p_type == PT_INTERP)
			return fm_fail(err, FM_FILE_FORMAT,
				       "%s: offset 0x%" PRIx64
				       ": this is a program for an operating system",
				       file->name, offset);
		if (phdr.p_type == PT_LOAD && phdr.p_filesz > 0 && !elf_segment(file, &phdr, err))
			return fm_context(err, "%s: offset 0x%" PRIx64 ": segment %zu", file->name,
					  offset, i);
	}
	if (file->image->total == 0)
		return fm_fail(err, FM_FILE_EMPTY, "%s: offset 0: the ELF file loads no data",
			       file->name);
	return true;
}

static bool elf_check(const struct elf_file *file, struct fm_error *err)
{
	switch (file->ehdr.e_type) {
	case ET_EXEC:
		return true;
	case ET_REL:
		fm_fail(err, FM_FILE_FORMAT,
			"%s: offset 0: this is an object file, which was not linked yet: it has no "
			"addresses",
			file->name);
		break;
	case ET_DYN:
		fm_fail(err, FM_FILE_FORMAT,
			"%s: offset 0: this is a shared library or a program for an operating "
			"system",
			file->name);
		break;
	default:
		fm_fail(err, FM_FILE_FORMAT, "%s: offset 0: this ELF file (type %u) is no program",
			file->name, file->ehdr.e_type);
		break;
	}
	return fm_hint(err, "Choose the linked firmware (.elf).");
}

static bool elf_file_read(struct elf_file *file, struct fm_error *err)
{
	if (elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &file->ehdr))
		return fm_fail(err, FM_FILE_FORMAT,
			       "%s: offset 0: the ELF header is cut or damaged", file->name);
	if (!elf_check(file, err) || !elf_segments(file, err))
		return false;
	/* Beyond 32 bits it leads to no byte that could be loaded. */
	file->image->has_entry = file->ehdr.e_entry <= UINT32_MAX;
	file->image->entry = file->image->has_entry ? file->ehdr.e_entry : 0;
	return true;
}

static bool elf_read(const char *name, const uint8_t *data, size_t len, struct fm_image *image,
		     struct fm_error *err)
{
	struct elf_file file = { .name = name, .data = data, .len = len, .image = image };
	bool good;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return fm_fail(err, FM_INTERNAL, "libelf: %s", elf_errmsg(-1));
	/* libelf only reads it, though its type can't say so. */
	file.elf = elf_memory((char *)(uintptr_t)data, len);
	if (!file.elf)
		return fm_fail(err, FM_FILE_FORMAT, "%s: offset 0: %s", name, elf_errmsg(-1));
	good = elf_file_read(&file, err);
	elf_end(file.elf);
	return good;
}

const struct fm_format fm_format_elf = { "elf", "ELF", elf_recognise, elf_read, NULL };
